import XDS

extension CompiledRoute {
    /// A redirection.
    package struct Redirect: Sendable {
        /// What becomes of the path.
        package enum Path: Sendable {
            /// It stays.
            case keep
            /// It is replaced whole; what replaces it may bring a query of its own, which then
            /// stands for the request's.
            case replace([UInt8], hasQuery: Bool)
            /// Its matched prefix is replaced.
            case replacePrefix([UInt8])
            /// Parts of it are replaced.
            case rewrite(PathRewrite)
        }
        /// The new scheme; empty keeps it.
        package let scheme: [UInt8]
        /// The new host; empty keeps it.
        package let host: [UInt8]
        /// The new port; nil leaves it to the scheme and the request.
        package let port: UInt16?
        /// What becomes of the path.
        package let path: Path
        /// The query is left out.
        package let stripsQuery: Bool
        /// The status.
        package let status: Int

        init(_ action: RedirectAction, at route: String, errors: inout ErrorCollector) {
            let place = "\(route).redirect"
            scheme = lowercasedBytes(action.scheme)
            host = Array(action.host.utf8)
            port = action.port == 0 ? nil : UInt16(truncatingIfNeeded: action.port)
            status = action.status
            stripsQuery = action.stripsQuery
            let written: [UInt8]
            switch action.path {
            case .keep:
                path = .keep
                written = []
            case .replace(let text):
                written = Array(text.utf8)
                path = .replace(written, hasQuery: written.contains(UInt8(ascii: "?")))
            case .replacePrefix(let text):
                written = Array(text.utf8)
                path = .replacePrefix(written)
            case .regex(let rewrite):
                let compiled = PathRewrite(rewrite, at: "\(place).regex_rewrite", errors: &errors)
                path = compiled.map(Path.rewrite) ?? .keep
                written = []
            }
            checkWritten(scheme + host + written, at: place, errors: &errors)
            if ![301, 302, 303, 307, 308].contains(status) {
                errors.invalid(place, "\(status) is no status of a redirect")
            }
            if action.port > 65_535 { errors.invalid(place, "\(action.port) is no port") }
        }

        /// Where a request is sent to: an absolute URL.
        ///
        /// The request's own port goes with its scheme, and where a port is given. Envoy keeps it
        /// when the scheme changes, unless it is the old scheme's own, and writes a given port that
        /// is the scheme's own; the Gateway API wants the new scheme's port, and it left out
        /// (HTTPRequestRedirectFilter.port).
        ///
        /// - Parameters:
        ///   - authority: As sent.
        ///   - matchedPrefix: The length of the path's part that the route matched.
        package func location(
            of request: RequestView, authority: UnsafeRawBufferPointer, matchedPrefix: Int?
        ) -> [UInt8] {
            let sent = Array(request.isSecure ? "https".utf8 : "http".utf8)
            var location = scheme.isEmpty ? sent : scheme
            let changesScheme = location != sent
            location += Array("://".utf8)
            if !host.isEmpty {
                location += host
            } else if port != nil || changesScheme {
                location += authority.prefix(request.host.count)
            } else {
                location += authority
            }
            let isImplied = port == (location.starts(with: Array("https:".utf8)) ? 443 : 80)
            if let port, !isImplied { location += Array(":\(port)".utf8) }
            let path = newPath(of: request, matchedPrefix: matchedPrefix)
            if path.first != UInt8(ascii: "/") { location.append(UInt8(ascii: "/")) }
            location += path
            if case .replace(_, hasQuery: true) = self.path { return location }
            if !stripsQuery { location += request.target[request.pathLength...] }
            return location
        }

        private func newPath(of request: RequestView, matchedPrefix: Int?) -> [UInt8] {
            switch path {
            case .keep: Array(request.path)
            case .replace(let path, _): path
            case .replacePrefix(let prefix):
                prefix + request.path.dropFirst(matchedPrefix ?? request.pathLength)
            case .rewrite(let rewrite): rewrite.rewrite(request.path)
            }
        }
    }
}

extension PathRewrite {
    /// Compiles a rewrite, and tells what is wrong with it.
    init?(
        _ rewrite: RegexMatchAndSubstitute, at place: String, errors: inout ErrorCollector
    ) {
        do throws(RegularExpression.SyntaxError) {
            try self.init(rewrite)
        } catch {
            errors.invalid(place, error.message)
            return nil
        }
        checkWritten(literals, at: place, errors: &errors)
    }
}

/// What is written into a head must not end a line or a word in it.
func checkWritten(_ bytes: [UInt8], at place: String, errors: inout ErrorCollector) {
    if bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
        errors.invalid(place, "what is to be written holds a space or a control character")
    }
}
