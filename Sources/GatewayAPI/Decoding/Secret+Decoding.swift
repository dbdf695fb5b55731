extension Secret {
    /// How many bytes all values of a Secret or a ConfigMap may have: 1 MiB.
    static let maximumSize = 1 << 20

    /// Reads the object itself: a Secret has no `spec`.
    ///
    /// No message holds anything of a value, not even when it is a number by mistake.
    init(_ reader: ObjectReader) {
        self.init(
            type: reader.string("type", TextRule("a type", length: 1...253))
                .map { SecretType(rawValue: $0) } ?? .opaque)
        data = reader.bytesMap("data")
        for (name, text) in reader.privateTexts("stringData") { data[name] = Array(text.utf8) }
        reader.ignore("immutable")
        validateSize(of: data.values.map(\.count), reader)
        validateNames(reader)
    }

    /// The names that a type asks for are there.
    private func validateNames(_ reader: ObjectReader) {
        let required: [String] =
            switch type {
            case .tls: [Self.certificateKey, Self.privateKeyKey]
            case .sshAuth: ["ssh-privatekey"]
            case .dockerConfigJSON: [".dockerconfigjson"]
            case .dockerConfig: [".dockercfg"]
            default: []
            }
        // A value that is there and wrong is reported as such.
        for name in required where data[name] == nil && !reader.context.hasErrors {
            reader.report(
                .missingField, at: fieldPath("data", name), "required for type \(type); add it")
        }
    }
}

extension ConfigMap {
    /// Reads the object itself: a ConfigMap has no `spec`.
    init(_ reader: ObjectReader) {
        self.init(data: reader.stringMap("data", keys: .dataKey))
        binaryData = reader.bytesMap("binaryData")
        reader.ignore("immutable")
        for name in binaryData.keys.sorted() where data[name] != nil {
            reader.report(
                .duplicate, at: fieldPath("binaryData", name),
                "\(quoted(name)) stands in data, too; remove one")
        }
        validateSize(of: data.values.map(\.utf8.count) + binaryData.values.map(\.count), reader)
    }
}

private func validateSize(of sizes: [Int], _ reader: ObjectReader) {
    let size = sizes.reduce(0, +)
    guard size > Secret.maximumSize else { return }
    reader.report(
        .warning, .outOfRange, at: "data",
        "the API takes at most \(Secret.maximumSize) bytes, found \(size); a cluster would refuse "
            + "the object")
}

extension ObjectReader {
    /// The mapping of names to bytes of a field, which spells them in base64 (RFC 4648 §4).
    fileprivate func bytesMap(_ key: String) -> [String: [UInt8]] {
        privateTexts(key).reduce(into: [:]) { map, entry in
            if let bytes = decodeBase64(entry.value) {
                map[entry.key] = bytes
            } else {
                report(
                    .invalidFormat, at: fieldPath(key, entry.key),
                    "expected base64, with padding; encode the value with base64, or put the text "
                        + "itself into \(key == "data" ? "stringData" : "data")")
            }
        }
    }

    /// The mapping of names to texts of a field, of which no message says anything.
    fileprivate func privateTexts(_ key: String) -> [String: String] {
        privateEntries(key, keys: .dataKey).reduce(into: [:]) { map, entry in
            if let text = entry.text {
                map[entry.key] = text
            } else {
                report(
                    .wrongType, at: fieldPath(key, entry.key),
                    "expected text; put the value in quotes")
            }
        }
    }
}

extension TextRule {
    /// A name of a value in a Secret or a ConfigMap.
    fileprivate static let dataKey = TextRule(
        "a name of letters, digits, '-', '_' and '.'", length: 1...253
    ) { text in
        text != "." && text != ".."
            && text.utf8.allSatisfy { $0.isAlphanumeric || "-_.".utf8.contains($0) }
    }
}

/// Reads base64 with padding (RFC 4648 §4); line breaks are passed over, as by Kubernetes.
///
/// - Returns: Nil when the text is not base64.
func decodeBase64(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 4 * 3)
    var group: UInt32 = 0
    var digits = 0
    var padding = 0
    for character in text.utf8 where character != 0x0A && character != 0x0D {
        if character == UInt8(ascii: "=") {
            padding += 1
            continue
        }
        guard padding == 0, let value = base64Value(character) else { return nil }
        group = group << 6 | UInt32(value)
        digits += 1
        if digits == 4 {
            bytes += [
                UInt8(truncatingIfNeeded: group >> 16), UInt8(truncatingIfNeeded: group >> 8),
                UInt8(truncatingIfNeeded: group),
            ]
            (group, digits) = (0, 0)
        }
    }
    switch (digits, padding) {
    case (0, 0): break
    case (2, 2): bytes.append(UInt8(truncatingIfNeeded: group >> 4))
    case (3, 1):
        bytes += [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)]
    default: return nil
    }
    return bytes
}

private func base64Value(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}
