import Routing

/// How a request's head is changed on its way.
struct RequestRewrite {
    /// The target to write.
    var target: UnsafeRawBufferPointer
    /// How much of the target's start a prefix rewrite replaces; -1 for none.
    var replacedPrefix: Int
    /// The authority to write in `Host`; nil keeps the header where it is.
    var host: UnsafeRawBufferPointer?
    /// The upgrade is let through.
    var isUpgrade: Bool
    /// The client's address; nil leaves `X-Forwarded-For` alone.
    var peer: [UInt8]?
    /// The request came over TLS.
    var isSecure = false
}

/// Writes the head of a forwarded request in one pass over the received one.
///
/// Headers go out as they came in, line by line, in stretches as long as can be; what is
/// hop-by-hop (RFC 9110 §7.6.1) is left out. Framing headers stay: the parser let only one
/// reading of them through.
struct RequestWriter {
    let head: UnsafeRawPointer
    let fields: UnsafeMutablePointer<HeaderField>

    /// The most bytes that ``write(_:_:_:_:_:using:)`` adds to the head's own.
    static func growth(
        _ rewrite: RequestRewrite, _ forwarding: CompiledRoute.Forwarding,
        _ rules: HeaderRules
    ) -> Int {
        256 + rewrite.target.count + forwarding.prefixRewrite.count + rules.lines.count
            + (rewrite.host?.count ?? 0) + (rewrite.peer?.count ?? 0)
    }

    /// Writes the head.
    ///
    /// - Parameter random: Where a missing `X-Request-Id` comes from.
    func write(
        _ message: RequestHead, _ rewrite: RequestRewrite,
        _ forwarding: CompiledRoute.Forwarding, _ rules: HeaderRules,
        to writer: inout ByteWriter, using random: inout RandomSource
    ) {
        writer.write(head + message.method.start, message.method.count)
        writer.write(" ")
        if rewrite.replacedPrefix >= 0 {
            writer.write(forwarding.prefixRewrite)
            writer.write(
                UnsafeRawBufferPointer(rebasing: rewrite.target[rewrite.replacedPrefix...]))
        } else {
            writer.write(rewrite.target)
        }
        writer.write(" HTTP/1.1\r\n")
        if let host = rewrite.host {
            writer.write("Host: ")
            writer.write(host)
            writer.write("\r\n")
        }
        let setsProto = rewrite.peer != nil && message.fields.forwardedProto >= 0
        if !message.fields.hasSpecials && rewrite.host == nil && rules.dropped.isEmpty {
            // Nothing to look at: all lines in one piece, without the empty one.
            writer.write(
                head + message.fieldsStart, message.length - 2 - message.fieldsStart)
        } else {
            writeFields(message, rewrite, rules, to: &writer)
        }
        if let peer = rewrite.peer { writeForwardedFor(message, peer, to: &writer) }
        if message.fields.forwardedProto < 0 || setsProto {
            writer.write(
                rewrite.isSecure
                    ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n")
        }
        if message.fields.requestID < 0 { writeRequestID(to: &writer, using: &random) }
        if rewrite.isUpgrade { writer.write("Connection: Upgrade\r\n") }
        writer.write(rules.lines)
        writer.write("\r\n")
    }

    private func writeFields(
        _ message: RequestHead, _ rewrite: RequestRewrite, _ rules: HeaderRules,
        to writer: inout ByteWriter
    ) {
        // A stretch of lines that stay goes out in one piece.
        var start = message.fieldsStart
        for index in 0..<message.fields.count {
            let field = fields[index]
            if stays(index, field, message, rewrite, rules) { continue }
            let line = Int(field.nameOffset)
            writer.write(head + start, line - start)
            start = nextLine(after: index, message)
        }
        writer.write(head + start, message.length - 2 - start)
    }

    private func nextLine(after index: Int, _ message: RequestHead) -> Int {
        index + 1 < message.fields.count
            ? Int(fields[index + 1].nameOffset) : message.length - 2
    }

    private func stays(
        _ index: Int, _ field: HeaderField, _ message: RequestHead,
        _ rewrite: RequestRewrite, _ rules: HeaderRules
    ) -> Bool {
        switch HeaderKind(rawValue: field.kind) ?? .other {
        case .contentLength, .transferEncoding: return true
        case .host: return rewrite.host == nil
        case .connection, .keepAlive, .proxyConnection, .te, .trailer: return false
        case .upgrade: return rewrite.isUpgrade
        case .expect: return !message.isHTTP10
        case .forwardedFor:
            if rewrite.peer != nil && index == message.fields.lastForwardedFor { return false }
        case .forwardedProto: if rewrite.peer != nil { return false }
        case .requestID: if index != message.fields.requestID { return false }
        case .other: break
        }
        let name = UnsafeRawBufferPointer(
            start: head + Int(field.nameOffset), count: Int(field.nameLength))
        if !rules.dropped.isEmpty && rules.drops(name) { return false }
        return !message.fields.namesHeaders
            || !ConnectionOptions(head: head, fields: fields, count: message.fields.count)
                .name(name)
    }

    /// `X-Forwarded-For` is a list: the client's address is added to its last line.
    private func writeForwardedFor(
        _ message: RequestHead, _ peer: [UInt8], to writer: inout ByteWriter
    ) {
        writer.write("X-Forwarded-For: ")
        if message.fields.lastForwardedFor >= 0 {
            let field = fields[message.fields.lastForwardedFor]
            writer.write(head + Int(field.valueOffset), Int(field.valueLength))
            if field.valueLength > 0 { writer.write(", ") }
        }
        writer.write(peer)
        writer.write("\r\n")
    }

    private func writeRequestID(to writer: inout ByteWriter, using random: inout RandomSource) {
        writer.write("X-Request-Id: ")
        random.withUUID { writer.write($0) }
        writer.write("\r\n")
    }
}

extension RandomSource {
    /// A random UUID (RFC 9562 §5.4) as text.
    mutating func withUUID(_ body: (UnsafeRawBufferPointer) -> Void) {
        let high = next() & ~0xF000 | 0x4000
        let low = next() & ~(0b11 << 62) | 0b10 << 62
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            var place = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64((15 - index % 16) * 4)) & 15
                text[place] = digit < 10 ? digit + 0x30 : digit + 0x57
                place += 1
            }
            body(UnsafeRawBufferPointer(text))
        }
    }
}

/// The headers that `Connection` names (RFC 9110 §7.6.1).
struct ConnectionOptions {
    let head: UnsafeRawPointer
    let fields: UnsafeMutablePointer<HeaderField>
    let count: Int

    /// Whether one of them is the given header.
    func name(_ name: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<count where fields[index].kind == HeaderKind.connection.rawValue {
            let value = UnsafeRawBufferPointer(
                start: head + Int(fields[index].valueOffset),
                count: Int(fields[index].valueLength))
            for word in value.split(separator: UInt8(ascii: ",")) where names(word, name) {
                return true
            }
        }
        return false
    }

    private func names(_ word: Slice<UnsafeRawBufferPointer>, _ name: UnsafeRawBufferPointer)
        -> Bool
    {
        var word = word
        while let last = word.last, last == 0x20 || last == 0x09 { word.removeLast() }
        while let first = word.first, first == 0x20 || first == 0x09 { word.removeFirst() }
        return word.count == name.count
            && zip(word, name).allSatisfy { $0.lowercased == $1.lowercased }
    }
}
