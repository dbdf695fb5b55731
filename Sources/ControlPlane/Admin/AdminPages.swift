import AdminAPI
import Discovery
import GatewayAPI
import HeddleXDS
import NIOHTTP1

/// The pages of the admin port.
struct AdminPages: Sendable {
    private let translation: TranslationService
    private let statuses: ManifestStatusStore
    private let proxies: ConnectedProxies
    private let readiness: Readiness
    private let snapshots: SnapshotPages

    init(
        translation: TranslationService, statuses: ManifestStatusStore,
        proxies: ConnectedProxies, cache: SnapshotCache, readiness: Readiness
    ) {
        self.translation = translation
        self.statuses = statuses
        self.proxies = proxies
        self.readiness = readiness
        snapshots = SnapshotPages(cache: cache)
    }

    /// The answer to a request.
    func answer(_ request: AdminRequest) -> AdminPage {
        switch request.path.first {
        case "snapshots": snapshots.answer(request)
        case "proxies": read(request) { proxies($0.dropFirst()) }
        case "config_dump": read(request) { snapshots.dump($0.dropFirst()) }
        case "status": read(request) { status(Array($0.dropFirst())) }
        case "objects" where request.path.count == 1: read(request) { _ in objects() }
        case "metrics" where request.path.count == 1: read(request) { _ in metrics() }
        case "ready" where request.path.count == 1: read(request) { _ in ready() }
        case nil: read(request) { _ in AdminPage(Self.index) }
        case .some(let name): AdminPage(.notFound, "no page /\(name); / lists them\n")
        }
    }

    private static let index = """
        heddled \(heddleVersion)
        /ready                          200 when the manifests have been read
        /status                         objects, problems, proxies, refusals, as JSON
        /status/KIND                    the statuses of a kind's objects, as JSON documents; below,
                                        /NAMESPACE for those of a namespace, /NAMESPACE/NAME for one
        /objects                        the whole status of every object, as JSON
        /metrics                        counts and ages, as Prometheus reads them
        /proxies                        the connected proxies, as JSON
        /proxies/NODE-ID/config         what a proxy has been sent, as JSON
        /snapshots                      the groups of proxies, as JSON
        /snapshots/NAMESPACE/NAME       the snapshot of a group, as JSON; PUT and DELETE for groups
                                        that no Gateway makes
        /config_dump                    the groups of proxies
        /config_dump/NAMESPACE/GATEWAY  the snapshot of a group with versions, as JSON

        """

    private func read(
        _ request: AdminRequest, _ page: ([String]) -> AdminPage
    ) -> AdminPage {
        request.isRead ? page(request.path) : .notAllowed([.GET, .HEAD])
    }

    private func ready() -> AdminPage {
        readiness.isReady
            ? AdminPage("ready\n")
            : AdminPage(.serviceUnavailable, "the manifests have not been read yet\n")
    }

    private func status(_ path: [String]) -> AdminPage {
        if let kind = path.first { return documents(kind, Array(path.dropFirst())) }
        let objects = statuses.all.map { object, entry in
            StatusReport.Object(
                object, status: entry.status,
                location: translation.manifests.location(of: object))
        }
        let problems = translation.manifests.diagnostics.map {
            StatusReport.Problem(severity: $0.severity.rawValue, text: $0.description)
        }
        let report = StatusReport(
            version: heddleVersion, objects: objects, problems: problems,
            proxies: proxies.statuses.map { StatusReport.Proxy($0) },
            refusals: proxies.refusals.map { StatusReport.Refusal($0) })
        return AdminPage(encoding: report)
    }

    /// The pages below `/status`: a list of documents, or one where the path names it.
    private func documents(_ kind: String, _ path: [String]) -> AdminPage {
        if path.count > 2 {
            return AdminPage(.notFound, "no page below /status but KIND/NAMESPACE/NAME\n")
        }
        let found = statuses.all.filter { object, _ in
            guard KindName.means(kind, object.kind) else { return false }
            switch path.count {
            case 0: return true
            // An object without a namespace is named by the one part.
            case 1: return path[0] == (object.namespace.isEmpty ? object.name : object.namespace)
            default: return path == [object.namespace, object.name]
            }
        }
        let documents = found.map { StatusDocument(object: $0.object, entry: $0.entry) }
        let isOne = path.count == 2 || (path.count == 1 && found.first?.object.namespace == "")
        guard isOne else {
            let list = documents.map(\.json).joined(separator: ",\n")
            return AdminPage(json: list.isEmpty ? "[]\n" : "[\n\(list)\n]\n")
        }
        guard let document = documents.first else {
            return AdminPage(
                .notFound,
                "no \(kind) \(path.joined(separator: "/")) has a status; /status/\(kind) lists those "
                    + "that have\n")
        }
        return AdminPage(json: document.json + "\n")
    }

    /// The status of every object that has one, as the Gateway API spells it: a JSON array.
    private func objects() -> AdminPage {
        let objects = statuses.all.map { object, entry -> JSONValue in
            [
                "group": .string(object.group), "kind": .string(object.kind),
                "namespace": .string(object.namespace), "name": .string(object.name),
                "status": entry.status,
            ]
        }
        return AdminPage(json: JSONValue.array(objects).text)
    }

    private func metrics() -> AdminPage {
        var page = AdminPage(
            Metrics.text(
                endpointAges: translation.snapshots.ages(at: .now), proxies: proxies.count,
                counts: translation.counts))
        page.contentType = "text/plain; version=0.0.4; charset=utf-8"
        return page
    }

    /// The pages below `/proxies`.
    private func proxies(_ path: some Collection<String>) -> AdminPage {
        if path.isEmpty {
            return AdminPage(encoding: proxies.statuses.map { StatusReport.Proxy($0) })
        }
        let parts = Array(path)
        guard parts.count == 2, parts[1] == "config" else {
            return AdminPage(.notFound, "no page below /proxies but NODE-ID/config\n")
        }
        let streams = proxies.resources(of: parts[0])
        guard let proxy = streams.first?.proxy else {
            return AdminPage(.notFound, "no proxy \(parts[0]) is connected; /proxies lists them\n")
        }
        do {
            return AdminPage(json: try ResourceJSON.configuration(of: proxy, streams: streams))
        } catch {
            return AdminPage(.internalServerError, "\(error)\n")
        }
    }
}
