import XDS

/// The headers that a route adds to and removes from a message, ready to be written.
package struct HeaderRules: Sendable {
    /// Names in lower case whose lines are dropped: removed ones and overwritten ones.
    package private(set) var dropped: [[UInt8]] = []
    /// Whole lines to write, `name: value` with line ends, one after the other.
    package private(set) var lines: [UInt8] = []
    /// There is nothing to do.
    package var isEmpty: Bool { dropped.isEmpty && lines.isEmpty }

    /// No rules.
    package init() {}

    /// Hop-by-hop and framing headers, which only the proxy itself writes.
    package static let reserved: Set<String> = [
        "connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    init(
        add: [HeaderValueOption], remove: [String], at place: String,
        errors: inout ErrorCollector
    ) {
        for (index, name) in remove.enumerated() {
            if check(name, "\(place)_to_remove[\(index)]", &errors) {
                dropped.append(lowercasedBytes(name))
            }
        }
        var entries: [(name: [UInt8], line: [UInt8])] = []
        for (index, option) in add.enumerated() {
            let path = "\(place)_to_add[\(index)]"
            guard check(option.key, path, &errors) else { continue }
            guard Self.isValue(option.value) else {
                errors.invalid(path, "the value holds a control character")
                continue
            }
            if option.action == .addIfAbsent || option.action == .overwriteIfExists {
                errors.unsupported(path, "the append_action asks for what the request has")
                continue
            }
            let name = lowercasedBytes(option.key)
            if option.action == .overwrite {
                entries.removeAll { $0.name == name }
                if !dropped.contains(name) { dropped.append(name) }
            }
            entries.append((name, Array("\(option.key): \(option.value)\r\n".utf8)))
        }
        lines = entries.flatMap(\.line)
    }

    /// Whether a text can be the name of a header (RFC 9110 §5.6.2).
    package static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                ByteSet.words.contains($0) || "!#$%&'*+-.^`|~".utf8.contains($0)
            }
    }

    /// Whether a text can be the value of a header (RFC 9110 §5.5).
    package static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    private func check(_ name: String, _ path: String, _ errors: inout ErrorCollector) -> Bool {
        if !Self.isToken(name) {
            errors.invalid(path, "`\(name)` is no header name")
            return false
        }
        if Self.reserved.contains(name.lowercased()) {
            errors.invalid(path, "`\(name)` is the proxy's own to write")
            return false
        }
        return true
    }

    /// Whether the header is dropped.
    package func drops(_ name: UnsafeRawBufferPointer) -> Bool {
        for entry in dropped where entry.count == name.count {
            if entry.withUnsafeBytes({ name.equals(lowercase: $0) }) { return true }
        }
        return false
    }
}
