/// Textual encodings of certificates and keys (RFC 7468), as far as a control plane looks at them.
public enum PEM {
    /// How many well-formed blocks of a label there are: a frame around nothing but base64 that
    /// begins as DER does, with a sequence. 0 as soon as one of them is not.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - label: The end of the label, such as `CERTIFICATE` or `PRIVATE KEY`.
    public static func blocks(_ bytes: [UInt8], label: String) -> Int {
        var count = 0
        var open: String?
        var body: [UInt8] = []
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let text = line.trimmingPrefix { $0 == " " || $0 == "\t" }
            if let begun = framed(text, "-----BEGIN ") {
                guard open == nil else { return 0 }
                open = begun
                body = []
            } else if let ended = framed(text, "-----END ") {
                guard ended == open else { return 0 }
                open = nil
                guard ended.hasSuffix(label) else { continue }
                guard isDER(body) else { return 0 }
                count += 1
            } else if open != nil {
                body += text.utf8.filter { $0 != UInt8(ascii: " ") }
            }
        }
        return open == nil ? count : 0
    }

    private static func framed(_ line: Substring, _ start: String) -> String? {
        let line = line.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        let text = String(line)
        guard text.hasPrefix(start), text.hasSuffix("-----") else { return nil }
        return String(text.dropFirst(start.count).dropLast(5))
    }

    /// Base64 of whole groups, the first byte of which is a sequence's, 0x30: `M` and `A` to `P`.
    private static func isDER(_ base64: [UInt8]) -> Bool {
        guard base64.count >= 64, base64.count % 4 == 0, base64[0] == UInt8(ascii: "M") else {
            return false
        }
        let padding = base64.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return padding <= 2
            && base64.dropLast(padding).allSatisfy { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
            }
    }
}
