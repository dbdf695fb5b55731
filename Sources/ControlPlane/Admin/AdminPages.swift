import AdminAPI
import Discovery
import HeddleXDS
import NIOHTTP1

/// The pages of the admin port.
struct AdminPages: Sendable {
    private let translation: TranslationService
    private let proxies: ConnectedProxies
    private let readiness: Readiness
    private let snapshots: SnapshotPages

    init(
        translation: TranslationService, proxies: ConnectedProxies, cache: SnapshotCache,
        readiness: Readiness
    ) {
        self.translation = translation
        self.proxies = proxies
        self.readiness = readiness
        snapshots = SnapshotPages(cache: cache)
    }

    /// The answer to a request.
    func answer(_ request: AdminRequest) async -> AdminPage {
        switch request.path.first {
        case "snapshots": snapshots.answer(request)
        case "proxies": read(request) { proxies($0.dropFirst()) }
        case "config_dump": read(request) { snapshots.dump($0.dropFirst()) }
        case "status" where request.path.count == 1:
            request.isRead ? await status() : .notAllowed([.GET, .HEAD])
        case "objects" where request.path.count == 1:
            request.isRead
                ? AdminPage(json: await translation.objectStatuses())
                : .notAllowed([.GET, .HEAD])
        case "ready" where request.path.count == 1: read(request) { _ in ready() }
        case nil: read(request) { _ in AdminPage(Self.index) }
        case .some(let name): AdminPage(.notFound, "no page /\(name); / lists them\n")
        }
    }

    private static let index = """
        heddled \(heddleVersion)
        /ready                          200 when the manifests have been read
        /status                         objects, problems, proxies, refusals, as JSON
        /objects                        the whole status of every object, as JSON
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

    private func status() async -> AdminPage {
        let (objects, problems) = await translation.report()
        let report = StatusReport(
            version: heddleVersion, objects: objects, problems: problems,
            proxies: proxies.statuses.map { StatusReport.Proxy($0) },
            refusals: proxies.refusals.map { StatusReport.Refusal($0) })
        return AdminPage(encoding: report)
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
