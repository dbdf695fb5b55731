import AdminAPI
import Discovery
import Foundation
import HeddleXDS
import NIOHTTP1
import XDS

/// The pages of the admin port.
struct AdminPages: Sendable {
    /// An answer.
    struct Page: Sendable {
        var status = HTTPResponseStatus.ok
        var contentType = "text/plain; charset=utf-8"
        var body: String
    }

    let translation: TranslationService
    let proxies: ConnectedProxies
    let cache: SnapshotCache
    let readiness: Readiness

    /// The answer to a GET of a path, without its query.
    func page(_ path: String) async -> Page {
        switch path {
        case "/": return Page(body: Self.index)
        case "/ready": return ready()
        case "/status": return await status()
        case "/config_dump": return Page(body: groups())
        default:
            let prefix = "/config_dump/"
            if path.hasPrefix(prefix) { return dump(String(path.dropFirst(prefix.count))) }
            return Page(status: .notFound, body: "no page \(path); / lists them\n")
        }
    }

    private static let index = """
        heddled \(heddleVersion)
        /ready                          200 when the manifests have been read
        /status                         objects, problems, proxies, refusals, as JSON
        /config_dump                    the groups of proxies
        /config_dump/NAMESPACE/GATEWAY  the snapshot of a group, as JSON

        """

    private func ready() -> Page {
        readiness.isReady
            ? Page(body: "ready\n")
            : Page(status: .serviceUnavailable, body: "the manifests have not been read yet\n")
    }

    private func status() async -> Page {
        let (objects, problems) = await translation.report()
        let report = StatusReport(
            version: heddleVersion, objects: objects, problems: problems,
            proxies: proxies.statuses.map { StatusReport.Proxy($0) },
            refusals: proxies.refusals.map { StatusReport.Refusal($0) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let body = String(decoding: try encoder.encode(report), as: UTF8.self)
            return Page(contentType: "application/json", body: body + "\n")
        } catch {
            return Page(status: .internalServerError, body: "the status: \(error)\n")
        }
    }

    private func groups() -> String {
        cache.groups.map { "\($0)\n" }.joined()
    }

    private func dump(_ name: String) -> Page {
        guard let snapshot = cache.snapshot(of: ProxyGroup(name)) else {
            return Page(status: .notFound, body: "no group \(name); /config_dump lists them\n")
        }
        var parts: [String] = []
        do {
            for type in snapshot.types {
                for resource in snapshot[type].sorted(by: { $0.name < $1.name }) {
                    let json = try protobufJSON(
                        typeURL: type.rawValue, bytes: resource.message)
                    parts.append(
                        "{\"type\":\"\(type)\",\"name\":\(Self.quoted(resource.name)),"
                            + "\"version\":\"\(resource.version)\",\"resource\":\(json)}")
                }
            }
        } catch {
            return Page(status: .internalServerError, body: "\(error)\n")
        }
        let body = "{\"resources\":[\n\(parts.joined(separator: ",\n"))\n]}\n"
        return Page(contentType: "application/json", body: body)
    }

    private static func quoted(_ text: String) -> String {
        let data = try? JSONEncoder().encode(text)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
