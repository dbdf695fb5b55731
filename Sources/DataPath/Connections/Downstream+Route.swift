import Routing

/// From a request's head to its endpoint.
extension Downstream {
    /// A head is complete: the exchange begins.
    func begin() {
        let now = worker.loop.now
        worker.counters.requests.add()
        exchange.started = now
        exchange.lastActivity = now
        exchange.headLength = worker.requestHead.length
        exchange.forwarded = worker.requestHead.length
        exchange.verified = worker.requestHead.length
        exchange.requestBody = BodyReader(worker.requestHead)
        exchange.isHEAD = worker.requestHead.isHEAD
        exchange.isIdempotent = worker.requestHead.isIdempotent
        exchange.isHTTP10 = worker.requestHead.isHTTP10
        exchange.persists =
            exchange.isHTTP10
            ? worker.requestHead.fields.hasKeepAlive && !worker.requestHead.fields.hasClose
            : !worker.requestHead.fields.hasClose
        guard let base = UnsafeRawPointer(input.bytes.baseAddress) else { return }
        if worker.log != nil { remember(base) }
        switch (exchange.service ?? entrance.service).source {
        case .local(let handler): answer(handler, base)
        case .routes(let listener, let installed):
            if worker.requestHead.form == .authority {
                exchange.persists = false
                reply(LocalReply(405, .none, "CONNECT is not for this port"))
            } else {
                route(listener, installed, base)
            }
        }
    }

    private func remember(_ base: UnsafeRawPointer) {
        let head = worker.requestHead
        func copy(_ span: Span) -> [UInt8] {
            Array(UnsafeRawBufferPointer(start: base + span.start, count: span.count))
        }
        func value(_ index: Int) -> [UInt8] {
            if index < 0 { return [] }
            let field = worker.fields[index]
            return copy(Span(start: Int(field.valueOffset), count: Int(field.valueLength)))
        }
        logged.method = copy(head.method)
        logged.target = copy(head.target)
        logged.authority =
            head.form == .absolute ? copy(head.authority) : value(head.fields.host)
        logged.requestID = value(head.fields.requestID)
    }

    private func route(
        _ listener: CompiledConnectionManager, _ installed: InstalledTable, _ base: UnsafeRawPointer
    ) {
        guard let view = view(listener, base) else {
            exchange.persists = false
            return reply(
                LocalReply(400, .downstreamProtocolError, "\(Malformation.host.reason)"))
        }
        switch listener.routes.match(view) {
        case .noVirtualHost, .noRoute:
            let what = "no route matches \(describe(view)) on listener \(listener.name)"
            reply(LocalReply(404, .noRoute, what))
        case .route(let route):
            exchange.route = route
            follow(route, listener, installed, view, base)
        }
    }

    private func describe(_ view: RequestView) -> String {
        let method = String(decoding: view.method, as: UTF8.self)
        let authority = String(decoding: view.authority, as: UTF8.self)
        return
            "\(method) \(isSecure ? "https" : "http")://\(authority)\(String(decoding: view.target, as: UTF8.self))"
    }

    /// What routing is to look at; nil when the authority is too long to be one.
    private func view(_ listener: CompiledConnectionManager, _ base: UnsafeRawPointer)
        -> RequestView?
    {
        let fields = UnsafeBufferPointer(
            start: worker.fields, count: worker.requestHead.fields.count)
        let authority = authority(base)
        guard authority.count <= Worker.longestAuthority else { return nil }
        for index in 0..<authority.count {
            worker.authorityScratch[index] = authority[index].lowercased
        }
        let lowercase = UnsafeRawBufferPointer(
            rebasing: worker.authorityScratch[0..<authority.count])
        var pathLength = worker.requestHead.pathLength
        let target = target(listener, base, &pathLength)
        let method = worker.requestHead.method
        return RequestView(
            head: base, headers: fields,
            method: UnsafeRawBufferPointer(start: base + method.start, count: method.count),
            authority: lowercase, target: target, pathLength: pathLength, isSecure: isSecure,
            chance: worker.random.next())
    }

    /// The authority as sent: an absolute form's beats `Host` (RFC 9112 §3.2.2).
    func authority(_ base: UnsafeRawPointer) -> UnsafeRawBufferPointer {
        if worker.requestHead.form == .absolute {
            let authority = worker.requestHead.authority
            return UnsafeRawBufferPointer(start: base + authority.start, count: authority.count)
        }
        guard worker.requestHead.fields.host >= 0 else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        let field = worker.fields[worker.requestHead.fields.host]
        return UnsafeRawBufferPointer(
            start: base + Int(field.valueOffset), count: Int(field.valueLength))
    }

    /// The path and query, normalised as the listener asks; in place where nothing changes.
    private func target(
        _ listener: CompiledConnectionManager, _ base: UnsafeRawPointer, _ pathLength: inout Int
    ) -> UnsafeRawBufferPointer {
        let span = worker.requestHead.pathAndQuery
        let whole = UnsafeRawBufferPointer(start: base + span.start, count: span.count)
        let scratch = worker.targetScratch
        if worker.requestHead.form == .asterisk || pathLength == 0 {
            // `OPTIONS *` is routed as `/`; an absolute form may leave the path out.
            scratch[0] = UInt8(ascii: "/")
            let query =
                worker.requestHead.form == .asterisk
                ? UnsafeRawBufferPointer(start: nil, count: 0) : whole
            UnsafeMutableRawBufferPointer(rebasing: scratch[1...]).copyMemory(from: query)
            pathLength = 1
            return UnsafeRawBufferPointer(rebasing: scratch[0..<(1 + query.count)])
        }
        guard listener.normalizesPath || listener.mergesSlashes else { return whole }
        let path = UnsafeRawBufferPointer(rebasing: whole[0..<pathLength])
        guard
            PathNormalizer.isNeeded(
                path, normalizes: listener.normalizesPath, mergesSlashes: listener.mergesSlashes)
        else { return whole }
        let query = UnsafeRawBufferPointer(rebasing: whole[pathLength...])
        let length = PathNormalizer.normalize(
            path, normalizes: listener.normalizesPath, mergesSlashes: listener.mergesSlashes,
            into: scratch)
        UnsafeMutableRawBufferPointer(rebasing: scratch[length...]).copyMemory(from: query)
        pathLength = length
        return UnsafeRawBufferPointer(rebasing: scratch[0..<(length + query.count)])
    }

    private func follow(
        _ route: CompiledRoute, _ listener: CompiledConnectionManager, _ installed: InstalledTable,
        _ view: RequestView, _ base: UnsafeRawPointer
    ) {
        switch route.action {
        case .redirect, .respond:
            if StreamFilters.authorizes(route, nil, listener) {
                return handOver(StreamSelection(route: route, backend: nil), base)
            }
        case .forward: break
        }
        switch route.action {
        case .forward(let forwarding):
            forward(route, forwarding, listener, installed, view, base)
        case .redirect(let redirect): self.redirect(redirect, route, view, base)
        case .respond(let response):
            var reply = LocalReply(response.status, .none, "")
            reply.body = response.body
            reply.extra = route.responseHeaders.lines
            self.reply(reply)
        }
    }

    private func forward(
        _ route: CompiledRoute, _ forwarding: CompiledRoute.Forwarding,
        _ listener: CompiledConnectionManager, _ installed: InstalledTable, _ view: RequestView,
        _ base: UnsafeRawPointer
    ) {
        let backend = forwarding.backends[worker.pickBackend(forwarding)]
        guard let slot = backend.clusterSlot, let cluster = installed.clusters[slot]
        else {
            let what =
                "the backend of \(describe(view)) is invalid; see the status of its route "
                + "(\(String(decoding: route.name, as: UTF8.self)))"
            return reply(LocalReply(forwarding.clusterNotFoundStatus, .noCluster, what))
        }
        if cluster.compiled.usesHTTP2 || needsStream(route, backend, listener, base) {
            return handOver(StreamSelection(route: route, backend: backend), base)
        }
        exchange.cluster = cluster
        exchange.backend = backend
        cluster.counters.requests.add()
        exchange.timeout = forwarding.timeout ?? worker.settings.request
        exchange.idleLimit =
            forwarding.idleTimeout ?? listener.idleTimeout ?? worker.settings.idle
        exchange.isUpgrade = wantsUpgrade(listener, base)
        guard let upstream = connect() else { return }
        write(route, forwarding, backend, listener, view, base, to: upstream)
        scheduleExchange()
        forwardRequest()
    }

    @inline(__always)
    private func needsStream(
        _ route: CompiledRoute, _ backend: CompiledRoute.Backend,
        _ listener: CompiledConnectionManager, _ base: UnsafeRawPointer
    ) -> Bool {
        StreamFilters.needsStream(
            route, backend, listener,
            isUpgrade: worker.requestHead.fields.hasUpgrade && wantsUpgrade(listener, base),
            hasOrigin: { hasOrigin(base) })
    }

    private func hasOrigin(_ base: UnsafeRawPointer) -> Bool {
        for index in 0..<worker.requestHead.fields.count {
            let field = worker.fields[index]
            let name = UnsafeRawBufferPointer(
                start: base + Int(field.nameOffset), count: Int(field.nameLength))
            if name.isWord("origin") { return true }
        }
        return false
    }

    private func wantsUpgrade(_ listener: CompiledConnectionManager, _ base: UnsafeRawPointer)
        -> Bool
    {
        let head = worker.requestHead.fields
        guard head.hasUpgrade, head.upgrade >= 0, exchange.requestBody.isFinished,
            !exchange.isHTTP10
        else { return false }
        let field = worker.fields[head.upgrade]
        let value = UnsafeRawBufferPointer(
            start: base + Int(field.valueOffset), count: Int(field.valueLength))
        return listener.upgradeTypes.contains { type in
            type.count == value.count && zip(type, value).allSatisfy { $0 == $1.lowercased }
        }
    }

    private func write(
        _ route: CompiledRoute, _ forwarding: CompiledRoute.Forwarding,
        _ backend: CompiledRoute.Backend, _ listener: CompiledConnectionManager,
        _ view: RequestView,
        _ base: UnsafeRawPointer, to upstream: Upstream
    ) {
        var rewrite = RequestRewrite(
            target: view.target, replacedPrefix: -1, host: nil, isUpgrade: exchange.isUpgrade,
            peer: listener.appendsForwardedFor ? peer.text : nil, isSecure: isSecure)
        var newTarget: [UInt8] = []
        if !forwarding.prefixRewrite.isEmpty {
            rewrite.replacedPrefix = route.matchedPrefixLength ?? view.pathLength
        } else if let pathRewrite = forwarding.pathRewrite {
            newTarget = pathRewrite.rewrite(view.path)
            newTarget += view.target[view.pathLength...]
        } else if worker.requestHead.form == .asterisk {
            let target = worker.requestHead.target
            rewrite.target = UnsafeRawBufferPointer(
                start: base + target.start, count: target.count)
        }
        backend.hostRewrite.withUnsafeBytes { literal in
            if !literal.isEmpty {
                rewrite.host = literal
            } else if worker.requestHead.form == .absolute || worker.requestHead.fields.host < 0 {
                rewrite.host = authority(base)
            }
            if newTarget.isEmpty { return write(rewrite, forwarding, backend, base, to: upstream) }
            newTarget.withUnsafeBytes { target in
                rewrite.target = target
                write(rewrite, forwarding, backend, base, to: upstream)
            }
        }
    }

    private func write(
        _ rewrite: RequestRewrite, _ forwarding: CompiledRoute.Forwarding,
        _ backend: CompiledRoute.Backend, _ base: UnsafeRawPointer, to upstream: Upstream
    ) {
        let rules = backend.requestHeaders
        worker.buffers.reserve(
            worker.requestHead.length + RequestWriter.growth(rewrite, forwarding, rules),
            in: &upstream.output)
        var writer = ByteWriter(upstream.output.room)
        RequestWriter(head: base, fields: worker.fields).write(
            worker.requestHead, rewrite, forwarding, rules, to: &writer, using: &worker.random)
        upstream.output.added(writer.count)
    }

    // MARK: Endpoints

    private static let mostAttempts = 3

    /// A connection to an endpoint of the cluster, open or opening; nil after a reply was made.
    func connect() -> Upstream? {
        guard let cluster = exchange.cluster else { return nil }
        while exchange.attempts < Self.mostAttempts {
            exchange.attempts += 1
            guard let index = cluster.picker.pick(now: worker.loop.now, using: &worker.random)
            else {
                let count = cluster.compiled.endpointCount
                fail(
                    503, .noHealthyUpstream,
                    count == 0
                        ? "cluster \(cluster.compiled.name) has no endpoints"
                        : "none of the \(count) endpoints of cluster \(cluster.compiled.name) "
                            + "is healthy")
                return nil
            }
            let endpoint = cluster.endpoints[index]
            if let upstream = endpoint.takeIdle() ?? Upstream.open(endpoint, cluster, worker) {
                exchange.endpoint = index
                exchange.upstream = upstream
                cluster.picker.began(index)
                upstream.attach(self)
                return upstream
            }
            connectFailed(cluster, index)
        }
        failUnreachable(cluster)
        return nil
    }

    private func connectFailed(_ cluster: WorkerCluster, _ index: Int) {
        worker.counters.upstreamFailures.add()
        cluster.picker.failed(index, now: worker.loop.now)
    }

    private func failUnreachable(_ cluster: WorkerCluster) {
        fail(
            503, .upstreamConnectionFailure,
            cluster.describeUnreachable(exchange.endpoint))
    }

    /// The connection is open: the request goes out.
    func upstreamConnected() {
        exchange.cluster?.picker.reached(exchange.endpoint)
        forwardRequest()
    }

    /// The connection cannot be opened: another endpoint is tried, nothing was sent yet.
    func upstreamConnectFailed() {
        guard let cluster = exchange.cluster else { return abort() }
        connectFailed(cluster, exchange.endpoint)
        guard exchange.attempts < Self.mostAttempts else {
            releaseUpstream(isReusable: false)
            return failUnreachable(cluster)
        }
        tryAgain()
    }

    /// Sends the request again, on another connection: all of it is still there.
    func tryAgain() {
        guard let failed = exchange.upstream else { return abort() }
        var head = failed.output
        failed.output = Buffer()
        head.rewind()
        releaseUpstream(isReusable: false)
        guard let upstream = connect() else {
            worker.buffers.release(&head)
            return
        }
        worker.counters.retries.add()
        worker.buffers.release(&upstream.output)
        upstream.output = head
        exchange.forwarded = exchange.headLength
        exchange.requestIsComplete = false
        exchange.deadline = .max
        forwardRequest()
    }
}
