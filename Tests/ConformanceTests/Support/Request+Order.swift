import Foundation

extension RequestExpectation {
    /// The request as the peer takes it.
    ///
    /// - Parameter token: By which the backends count it.
    func order(_ names: Placeholders, token: String) throws -> [String: any Sendable] {
        var order: [String: any Sendable] = [
            "do": traffic.rawValue, "method": method, "count": count,
        ]
        if let send { order["send"] = send }
        if keepsCookies { order["keepCookies"] = true }
        if let patience { order["patience"] = Double(patience) / 1000 }
        if let source { order["from"] = try names.fill(source) }
        switch traffic {
        case .tcp, .udp: try addAddress(try names.fill(url), to: &order)
        case .http, .websocket, .grpc: try addHTTP(names, token, to: &order)
        }
        if sni != nil || client != nil || order["tls"] != nil {
            var tls: [String: any Sendable] = [:]
            let url = URLComponents(string: try names.fill(self.url))
            if let name = sni ?? url?.host, name != "none" { tls["sni"] = name }
            if let client { tls["certificate"] = client }
            order["tls"] = tls
        }
        return order
    }

    private func addHTTP(
        _ names: Placeholders, _ token: String, to order: inout [String: any Sendable]
    ) throws {
        let filled = try names.fill(url)
        guard let components = URLComponents(string: filled), let name = components.host else {
            throw Problem("\(filled) is no URL")
        }
        let isSecure = components.scheme == "https"
        let port = components.port ?? (isSecure ? 443 : 80)
        let shown = components.port.map { "\(name):\($0)" } ?? name
        order["authority"] = try names.fill(host ?? shown)
        // The path as it is spelled: the point of a test may be in its spelling.
        let authorityEnd = filled.range(of: "://").map { filled[$0.upperBound...] } ?? filled[...]
        let target = authorityEnd.firstIndex { $0 == "/" || $0 == "?" }.map {
            String(authorityEnd[$0...])
        }
        order["target"] = target ?? "/"
        if isSecure { order["tls"] = [String: String]() }
        if let version { order["protocol"] = version }
        order["headers"] =
            try (headers + [(name: "x-test-token", value: token)]).flatMap { header in
                try (header.value ?? "").split(separator: "\n", omittingEmptySubsequences: false)
                    .map { [header.name, try names.fill(String($0))] }
            }
        if let send, traffic == .http { order["body"] = send }
        if let through {
            order["target"] = filled
            try addAddress(try names.fill(through), to: &order)
        } else if let at {
            try addAddress(try names.fill(at), port: port, to: &order)
        } else {
            try addAddress(try names.fill("$GATEWAY"), port: port, to: &order)
        }
    }

    private func addAddress(
        _ text: String, port: Int? = nil, to order: inout [String: any Sendable]
    ) throws {
        let parts = text.split(separator: ":")
        guard let address = parts.first, let port = parts.count == 2 ? Int(parts[1]) : port else {
            throw Problem("\(text) is no ADDRESS:PORT")
        }
        order["address"] = String(address)
        order["port"] = port
    }
}
