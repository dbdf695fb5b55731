import AdminAPI

/// Finds connected proxies by what a person calls them.
struct ProxyNames {
    let proxies: [StatusReport.Proxy]

    /// The proxies of a name: of the node id, else of the group `NAMESPACE/GATEWAY`, else those
    /// whose node id has the name as a part.
    func matching(_ name: String) -> [StatusReport.Proxy] {
        let exact = proxies.filter { $0.node == name }
        if !exact.isEmpty { return exact }
        let group = proxies.filter { $0.group == name }
        if !group.isEmpty { return group }
        return proxies.filter { !name.isEmpty && $0.node.contains(name) }
    }

    /// The node id of the one proxy of a name.
    ///
    /// - Throws: ``Failure`` with the candidates, where there is none or more than one.
    func node(_ name: String) throws -> String {
        let nodes = Set(matching(name).map(\.node)).sorted()
        if let node = nodes.first, nodes.count == 1 { return node }
        throw nodes.isEmpty
            ? unknown(name) : Failure("\(name) may be one of several proxies:" + Self.list(nodes))
    }

    /// There is no proxy of a name.
    func unknown(_ name: String) -> Failure {
        let nodes = Set(proxies.map(\.node)).sorted()
        if nodes.isEmpty { return Failure("no proxy \(name): none is connected") }
        return Failure("no proxy \(name); these are connected:" + Self.list(nodes))
    }

    private static func list(_ nodes: [String]) -> String {
        nodes.map { "\n  \($0)" }.joined()
    }
}
