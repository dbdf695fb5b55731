internal import CEnvoyAPI

/// The descriptors of all messages of the subset, by full name.
enum DescriptorTable {
    typealias Descriptor = UnsafePointer<ProtobufCMessageDescriptor>

    /// The message's name in a type URL: what follows the last slash.
    static func messageName(ofTypeURL url: Substring) -> String {
        String(
            url.utf8.lastIndex(of: UInt8(ascii: "/")).map { url[url.index(after: $0)...] } ?? url)
    }

    /// The descriptor a type URL names; nil when it is not of the subset.
    static func descriptor(ofTypeURL url: String) -> Descriptor? {
        byName[messageName(ofTypeURL: url[...])]
    }

    /// The descriptor a type URL, as it is on the wire, names; nil when it is not of the subset.
    static func descriptor(ofTypeURL url: UnsafeRawBufferPointer) -> Descriptor? {
        descriptor(ofTypeURL: String(decoding: url, as: UTF8.self))
    }

    /// The full names of all messages but the entries of maps.
    static var names: [String] { byName.keys.filter { !$0.hasSuffix("Entry") } }

    /// `google.protobuf.Any`'s.
    static var any: Descriptor? { anyDescriptor }

    // Descriptors are constants in the program's read-only data: safe to share between threads.
    nonisolated(unsafe) private static let byName = load()
    nonisolated(unsafe) private static let anyDescriptor = byName["google.protobuf.Any"]

    private static func load() -> [String: Descriptor] {
        var table: [String: Descriptor] = [:]
        for index in 0..<envoy_api_message_count {
            guard let descriptor = envoy_api_message(index)?.pointee.descriptor else { continue }
            table[String(cString: descriptor.pointee.name)] = descriptor
        }
        return table
    }
}
