import Discovery
import Foundation
import HeddleXDS
import XDS

/// Resources as the admin port writes them. Private keys and passwords are left out.
enum ResourceJSON {
    /// What a proxy has been sent on its streams.
    static func configuration(
        of proxy: ProxyStatus,
        streams: [(proxy: ProxyStatus, resources: [ResourceType: [ProxyStatus.Resource]])]
    ) throws(XDSError) -> String {
        // A proxy may have a stream for each type; while it reconnects, two for one type, of which
        // the newer counts.
        var held: [ResourceType: [String: ProxyStatus.Resource]] = [:]
        for stream in streams.sorted(by: { $0.proxy.connectedAt < $1.proxy.connectedAt }) {
            for (type, resources) in stream.resources {
                for resource in resources {
                    held[type, default: [:]][resource.resource.name] = resource
                }
            }
        }
        var lines: [String] = []
        for type in ordered(Array(held.keys)) {
            let resources = (held[type] ?? [:]).values.sorted {
                $0.resource.name < $1.resource.name
            }
            for resource in resources {
                lines.append(
                    try entry(resource.resource, status: resource.state.rawValue))
            }
        }
        return "{\"node\":\(quoted(proxy.node.id)),\"group\":\(quoted(proxy.group.description)),"
            + "\"resources\":[\n\(lines.joined(separator: ",\n"))\n]}\n"
    }

    /// A snapshot with the versions of its resources.
    static func dump(_ snapshot: Snapshot) throws(XDSError) -> String {
        try document(snapshot) { (resource) throws(XDSError) in try entry(resource, status: nil) }
    }

    /// A snapshot in the form in which it is pushed.
    static func pushForm(_ snapshot: Snapshot) throws(XDSError) -> String {
        try document(snapshot) { (resource) throws(XDSError) in
            let isPlain = resource.ttl == nil && isKnown(resource.type)
            return try isPlain ? content(resource) : wrapped(resource)
        }
    }

    /// A text in quotes.
    static func quoted(_ text: String) -> String {
        let data = try? JSONEncoder().encode(text)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    private static func document(
        _ snapshot: Snapshot, _ line: (EncodedResource) throws(XDSError) -> String
    ) throws(XDSError) -> String {
        var lines: [String] = []
        for type in snapshot.types {
            for resource in snapshot[type].sorted(by: { $0.name < $1.name }) {
                lines.append(try line(resource))
            }
        }
        return "{\"resources\":[\n\(lines.joined(separator: ",\n"))\n]}\n"
    }

    private static func entry(
        _ resource: EncodedResource, status: String?
    ) throws(XDSError) -> String {
        let state = status.map { ",\"status\":\"\($0.replacing(" ", with: "_"))\"" } ?? ""
        return "{\"type\":\(quoted(resource.type.description)),\"name\":\(quoted(resource.name)),"
            + "\"version\":\"\(resource.version)\"\(state),\"resource\":\(try content(resource))}"
    }

    /// A resource with its `@type`; the bytes of a type that Heddle does not know.
    private static func content(_ resource: EncodedResource) throws(XDSError) -> String {
        let type = "{\"@type\":\(quoted(resource.type.rawValue))"
        let json: String
        do throws(XDSError) {
            json = try resource.json()
        } catch {
            guard error.code == .unknownType else { throw error }
            return type + ",\"value\":\"\(Data(resource.message).base64EncodedString())\"}"
        }
        return json == "{}" ? type + "}" : type + "," + json.dropFirst()
    }

    /// A resource inside the message that carries its name and its time to live.
    private static func wrapped(_ resource: EncodedResource) throws(XDSError) -> String {
        let ttl = resource.ttl.map { ",\"ttl\":\"\(text($0))\"" } ?? ""
        return "{\"@type\":\"\(ResourceType.prefix)envoy.service.discovery.v3.Resource\","
            + "\"name\":\(quoted(resource.name))\(ttl),\"resource\":\(try content(resource))}"
    }

    private static func isKnown(_ type: ResourceType) -> Bool {
        ResourceType.inOrderOfAddition.contains(type)
    }

    private static func ordered(_ types: [ResourceType]) -> [ResourceType] {
        let known = ResourceType.inOrderOfAddition.filter(types.contains)
        return known + types.filter { !isKnown($0) }.sorted { $0.rawValue < $1.rawValue }
    }

    /// A duration as proto3 JSON writes it.
    private static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        if nanoseconds == 0 { return "\(seconds)s" }
        let digits = String(nanoseconds)
        return "\(seconds)." + String(repeating: "0", count: 9 - digits.count) + digits + "s"
    }
}
