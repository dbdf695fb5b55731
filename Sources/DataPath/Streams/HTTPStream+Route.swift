import Routing

/// From a request's head to its first attempt.
extension HTTPStream {
    func route(_ service: Service, _ selection: StreamSelection?) {
        switch service.source {
        case .local(let handler): answer(handler)
        case .routes(let listener, let installed):
            exchange.listener = listener
            exchange.installed = installed
            if request.isCONNECT {
                return reply(LocalReply(405, .none, "CONNECT is not for this port"))
            }
            guard isWellFormed else {
                return reply(
                    LocalReply(
                        400, .downstreamProtocolError,
                        "the request target or the authority is malformed"))
            }
            normalizeTarget(listener)
            if let selection {
                exchange.backend = selection.backend
                return follow(selection.route, listener)
            }
            let view = view(isSecure: exchange.client?.isSecure ?? false)
            switch listener.routes.match(view) {
            case .noVirtualHost, .noRoute:
                let what = "no route matches \(description) on listener \(listener.name)"
                reply(LocalReply(404, .noRoute, what))
            case .route(let route): follow(route, listener)
            }
        }
    }

    /// What HTTP/1 would refuse is refused here as well, since it may go out as HTTP/1.
    private var isWellFormed: Bool {
        let target = request.headers.bytes(request.target)
        let authority = request.headers.bytes(request.authority)
        guard let first = target.first, authority.count <= Worker.longestAuthority else {
            return false
        }
        let isAsterisk = first == UInt8(ascii: "*") && target.count == 1
        return (first == UInt8(ascii: "/") || isAsterisk)
            && target.allSatisfy(\.isTargetCharacter)
            && authority.allSatisfy(\.isAuthorityCharacter)
    }

    /// Sets what is matched: the path in its normal form, and `/` for `*`.
    private func normalizeTarget(_ listener: CompiledConnectionManager) {
        let headers = request.headers
        let target = headers.bytes(request.target)
        if target.first == UInt8(ascii: "*") {
            exchange.matchedTarget = headers.store(UnsafeRawBufferPointer("/"))
            exchange.pathLength = 1
            return
        }
        let pathLength = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
        exchange.matchedTarget = request.target
        exchange.pathLength = pathLength
        let path = UnsafeRawBufferPointer(rebasing: target[..<pathLength])
        guard listener.normalizesPath || listener.mergesSlashes,
            PathNormalizer.isNeeded(
                path, normalizes: listener.normalizesPath, mergesSlashes: listener.mergesSlashes)
        else { return }
        let scratch = worker.targetScratch
        let query = UnsafeRawBufferPointer(rebasing: target[pathLength...])
        let length = PathNormalizer.normalize(
            path, normalizes: listener.normalizesPath, mergesSlashes: listener.mergesSlashes,
            into: scratch)
        UnsafeMutableRawBufferPointer(rebasing: scratch[length...]).copyMemory(from: query)
        request.target = headers.store(
            UnsafeRawBufferPointer(rebasing: scratch[0..<(length + query.count)]))
        exchange.matchedTarget = request.target
        exchange.pathLength = length
    }

    /// What routing is to look at; valid until the headers change.
    func view(isSecure: Bool) -> RequestView {
        let authority = request.headers.bytes(request.authority)
        for index in 0..<authority.count {
            worker.authorityScratch[index] = authority[index].lowercased
        }
        return RequestView(
            head: UnsafeRawPointer(request.headers.base), headers: request.headers.fields,
            method: request.headers.bytes(request.method),
            authority: UnsafeRawBufferPointer(
                rebasing: worker.authorityScratch[0..<authority.count]),
            target: request.headers.bytes(exchange.matchedTarget),
            pathLength: exchange.pathLength, isSecure: isSecure, chance: worker.random.next())
    }

    /// The request in words, for messages.
    var description: String {
        let scheme = exchange.client?.isSecure == true ? "https" : "http"
        func text(_ span: Span) -> String {
            String(decoding: request.headers.bytes(span), as: UTF8.self)
        }
        return "\(text(request.method)) \(scheme)://\(text(request.authority))"
            + text(exchange.matchedTarget)
    }

    // MARK: Filters

    private func follow(_ route: CompiledRoute, _ listener: CompiledConnectionManager) {
        exchange.route = route
        if exchange.backend == nil, case .forward(let forwarding) = route.action {
            exchange.backend = forwarding.backends[worker.pickBackend(forwarding)]
        }
        exchange.filters = StreamFilters.make(route, exchange.backend, listener)
        runFilters()
    }

    /// A filter has what it waited for; goes on with the next filter.
    func resume() {
        guard exchange.phase == .held else { return }
        exchange.phase = .routing
        runFilters()
    }

    private func runFilters() {
        while exchange.nextFilter < exchange.filters.count {
            let filter = exchange.filters[exchange.nextFilter]
            exchange.nextFilter += 1
            switch filter.receivedRequest(self) {
            case .goOn: continue
            case .wait:
                exchange.phase = .held
                return
            case .answered: return
            }
        }
        guard let route = exchange.route else { return }
        switch route.action {
        case .forward(let forwarding): forward(route, forwarding)
        case .redirect(let redirect):
            let isSecure = exchange.client?.isSecure ?? false
            reply(
                LocalReply(
                    redirect, route, view(isSecure: isSecure),
                    authority: request.headers.bytes(request.authority)))
        case .respond(let response):
            var reply = LocalReply(response.status, .none, "")
            reply.body = response.body
            reply.extra = route.responseHeaders.lines
            self.reply(reply)
        }
    }

    // MARK: Forwarding

    private func forward(_ route: CompiledRoute, _ forwarding: CompiledRoute.Forwarding) {
        guard let backend = exchange.backend else { return }
        guard let slot = backend.clusterSlot, let cluster = exchange.installed?.clusters[slot]
        else {
            let what =
                "the backend of \(description) is invalid; see the status of its route "
                + "(\(String(decoding: route.name, as: UTF8.self)))"
            return reply(LocalReply(forwarding.clusterNotFoundStatus, .noCluster, what))
        }
        exchange.timeout = forwarding.timeout ?? worker.settings.request
        exchange.idleLimit =
            forwarding.idleTimeout ?? exchange.listener?.idleTimeout ?? worker.settings.idle
        prepareRequest(route, forwarding, backend)
        send(to: cluster)
    }

    /// Sends the request, whose head is as it is to go out, to a cluster. For a client in this
    /// process, which calls it instead of ``begin(_:_:_:)``, see
    /// ``begin(_:to:timeout:)``.
    private func send(to cluster: WorkerCluster) {
        exchange.cluster = cluster
        cluster.counters.requests.add()
        for filter in exchange.filters { filter.preparedRequest(self) }
        if exchange.requestIsReceived {
            for filter in exchange.filters { filter.receivedRequestEnd(self) }
            startClock()
        }
        attempt()
    }

    /// Begins an exchange of a client in this process, such as a mirror or an authorization: the
    /// head in ``request`` goes to the cluster as it is, without routing or filters.
    ///
    /// - Parameter timeout: From the request's end to the response's, in nanoseconds; 0 for ever.
    func begin(_ client: ClientSide, to cluster: WorkerCluster, timeout: UInt64) {
        precondition(exchange.phase == .idle, "a stream begins while it is in use")
        client.stream = self
        exchange.phase = .routing
        exchange.client = client
        exchange.started = worker.loop.now
        exchange.lastActivity = worker.loop.now
        exchange.idleLimit = worker.settings.idle
        exchange.timeout = timeout
        exchange.sentTarget = request.target
        if request.endsWithHead {
            requestBody.end()
            exchange.requestIsReceived = true
        }
        send(to: cluster)
        scheduleTimer()
    }

    /// Makes the head what the endpoint is to see.
    private func prepareRequest(
        _ route: CompiledRoute, _ forwarding: CompiledRoute.Forwarding,
        _ backend: CompiledRoute.Backend
    ) {
        let headers = request.headers
        if let client = exchange.client { addForwarded(client) }
        if let id = headers.firstIndex(of: "x-request-id") {
            headers.remove {
                $0 != id && headers.fields[$0].kind == HeaderKind.requestID.rawValue
            }
        } else {
            worker.random.withUUID { headers.append("x-request-id", $0) }
        }
        headers.apply(backend.requestHeaders)
        if !forwarding.prefixRewrite.isEmpty {
            let matched = route.matchedPrefixLength ?? exchange.pathLength
            let target = headers.bytes(exchange.matchedTarget)
            request.target = headers.store(forwarding.prefixRewrite + target[matched...])
        } else if let pathRewrite = forwarding.pathRewrite {
            let target = headers.bytes(exchange.matchedTarget)
            let path = pathRewrite.rewrite(
                UnsafeRawBufferPointer(rebasing: target[..<exchange.pathLength]))
            request.target = headers.store(path + target[exchange.pathLength...])
        }
        if !backend.hostRewrite.isEmpty {
            request.authority = headers.store(backend.hostRewrite)
        }
    }

    /// `X-Forwarded-For` is a list: the client's address is added to its last line.
    private func addForwarded(_ client: ClientSide) {
        let headers = request.headers
        let appends = exchange.listener?.appendsForwardedFor ?? false
        if appends {
            let kind = HeaderKind.forwardedFor.rawValue
            if let last = headers.fields.lastIndex(where: { $0.kind == kind }) {
                let value = headers.value(last)
                headers.replace(
                    last, value.isEmpty ? client.peer : value + Array(", ".utf8) + client.peer)
            } else {
                headers.append("x-forwarded-for", client.peer)
            }
            headers.remove(.forwardedProto)
        }
        if appends || headers.firstIndex(of: "x-forwarded-proto") == nil {
            headers.append("x-forwarded-proto", client.isSecure ? "https" : "http")
        }
    }
}

extension HeaderList {
    fileprivate func replace(_ index: Int, _ value: [UInt8]) {
        value.withUnsafeBytes { replace(index, $0) }
    }
}
