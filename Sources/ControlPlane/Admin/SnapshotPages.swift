import AdminAPI
import Discovery
import NIOHTTP1
import XDS

/// The pages that show snapshots, and take them.
struct SnapshotPages: Sendable {
    private let cache: SnapshotCache
    let pushed: PushedSnapshots

    init(cache: SnapshotCache) {
        self.cache = cache
        pushed = PushedSnapshots(cache: cache)
    }

    /// The answer to a request below `/snapshots`.
    func answer(_ request: AdminRequest) -> AdminPage {
        let name = request.path.dropFirst().joined(separator: "/")
        if name.isEmpty {
            return request.isRead ? AdminPage(encoding: summaries) : .notAllowed([.GET, .HEAD])
        }
        let group = ProxyGroup(name)
        switch request.method {
        case .GET, .HEAD: return get(group)
        case .PUT: return put(request.body, group)
        case .DELETE: return delete(group)
        default: return .notAllowed([.GET, .HEAD, .PUT, .DELETE])
        }
    }

    /// The pages below `/config_dump`: the groups, or the snapshot of one with versions.
    func dump(_ path: some Collection<String>) -> AdminPage {
        let name = path.joined(separator: "/")
        if name.isEmpty { return AdminPage(cache.groups.map { "\($0)\n" }.joined()) }
        guard let snapshot = cache.snapshot(of: ProxyGroup(name)) else {
            return AdminPage(.notFound, "no group \(name); /config_dump lists them\n")
        }
        return page { () throws(XDSError) in try ResourceJSON.dump(snapshot) }
    }

    private var summaries: [SnapshotSummary] {
        cache.groups.map { group in
            SnapshotSummary(
                group: group.description,
                source: pushed.isTranslated(group) ? "translated" : "pushed",
                resources: cache.snapshot(of: group)?.counts ?? [:])
        }
    }

    private func get(_ group: ProxyGroup) -> AdminPage {
        guard let snapshot = cache.snapshot(of: group) else { return unknown(group) }
        return page { () throws(XDSError) in try ResourceJSON.pushForm(snapshot) }
    }

    private func delete(_ group: ProxyGroup) -> AdminPage {
        if cache.snapshot(of: group) == nil { return unknown(group) }
        guard pushed.remove(group) else { return taken(group) }
        return AdminPage("deleted\n")
    }

    private func unknown(_ group: ProxyGroup) -> AdminPage {
        let refusal = SnapshotRefusal(errors: ["no group \(group) has a snapshot"])
        return AdminPage(.notFound, encoding: refusal)
    }

    func taken(_ group: ProxyGroup) -> AdminPage {
        let source =
            group == .mesh ? "the Services" : "the Gateway \(group)"
        let message =
            "the group \(group) is translated from \(source) of the manifests; choose another "
            + "group, and set node.cluster of its proxies to that"
        return AdminPage(.conflict, encoding: SnapshotRefusal(errors: [message]))
    }

    private func page(_ json: () throws(XDSError) -> String) -> AdminPage {
        do throws(XDSError) {
            return AdminPage(json: try json())
        } catch {
            return AdminPage(.internalServerError, "\(error)\n")
        }
    }
}

extension Snapshot {
    /// How many resources there are, by type.
    var counts: [String: Int] {
        var counts: [String: Int] = [:]
        for type in types { counts[type.description] = self[type].count }
        return counts
    }
}
