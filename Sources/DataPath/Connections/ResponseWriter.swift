import Routing

/// Writes the head of a forwarded response in one pass over the received one.
struct ResponseWriter {
    /// What becomes of the client's connection.
    enum Persistence {
        /// It stays, and HTTP/1.1 need not say so.
        case implied
        /// It stays, and HTTP/1.0 must hear so.
        case keepAlive
        /// It ends after this response.
        case close
        /// It becomes a tunnel.
        case upgrade
    }

    let head: UnsafeRawPointer
    let fields: UnsafeMutablePointer<HeaderField>

    /// The most bytes that are added to the head's own.
    static let growth = 64

    /// Writes the head.
    ///
    /// - Parameters:
    ///   - keepsChunks: The body goes on in chunks.
    ///   - keepsLength: `Content-Length` may be told.
    func write(
        _ message: ResponseHead, _ rules: HeaderRules, _ persistence: Persistence,
        keepsChunks: Bool, keepsLength: Bool, to writer: inout ByteWriter
    ) {
        writer.write("HTTP/1.1 ")
        writer.write(head + message.statusAndReason.start, message.statusAndReason.count)
        writer.write("\r\n")
        if !message.fields.hasSpecials && keepsLength && rules.dropped.isEmpty {
            writer.write(head + message.fieldsStart, message.length - 2 - message.fieldsStart)
        } else {
            writeFields(message, rules, persistence, keepsChunks, keepsLength, to: &writer)
        }
        switch persistence {
        case .implied: break
        case .keepAlive: writer.write("Connection: keep-alive\r\n")
        case .close: writer.write("Connection: close\r\n")
        case .upgrade: writer.write("Connection: Upgrade\r\n")
        }
        writer.write(rules.lines)
        writer.write("\r\n")
    }

    private func writeFields(
        _ message: ResponseHead, _ rules: HeaderRules, _ persistence: Persistence,
        _ keepsChunks: Bool, _ keepsLength: Bool, to writer: inout ByteWriter
    ) {
        var start = message.fieldsStart
        for index in 0..<message.fields.count {
            let field = fields[index]
            let stays: Bool
            switch HeaderKind(rawValue: field.kind) ?? .other {
            case .transferEncoding: stays = keepsChunks
            case .contentLength: stays = keepsLength
            case .connection, .keepAlive, .proxyConnection, .te, .trailer: stays = false
            case .upgrade: stays = persistence == .upgrade
            case .other, .host, .expect, .forwardedFor, .forwardedProto, .requestID:
                let name = UnsafeRawBufferPointer(
                    start: head + Int(field.nameOffset), count: Int(field.nameLength))
                stays =
                    (rules.dropped.isEmpty || !rules.drops(name))
                    && (!message.fields.namesHeaders
                        || !ConnectionOptions(
                            head: head, fields: fields, count: message.fields.count
                        ).name(name))
            }
            if stays { continue }
            writer.write(head + start, Int(field.nameOffset) - start)
            start =
                index + 1 < message.fields.count
                ? Int(fields[index + 1].nameOffset) : message.length - 2
        }
        writer.write(head + start, message.length - 2 - start)
    }
}
