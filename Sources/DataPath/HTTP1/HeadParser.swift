import Routing

/// Reads the heads of HTTP/1 messages, strictly (RFC 9112): whatever two readers might take
/// differently is refused.
///
/// Pure: it looks at a buffer from its start each time and remembers nothing, so any split of
/// the bytes parses alike. It reads `limits.bytes` bytes at most.
struct HeadParser {
    /// Where the headers go.
    let fields: UnsafeMutablePointer<HeaderField>
    let limits: HeadLimits

    private static let carriageReturn: UInt8 = 0x0D
    private static let lineFeed: UInt8 = 0x0A
    private static let space: UInt8 = 0x20
    private static let tab: UInt8 = 0x09

    /// Reads a request's head.
    ///
    /// - Complexity: O(bytes), one pass.
    func parse(_ bytes: UnsafeRawBufferPointer, _ head: inout RequestHead) -> ParseOutcome {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return .incomplete
        }
        let count = min(bytes.count, limits.bytes)
        head = RequestHead()
        var position = 0
        // RFC 9112 §2.2: an empty line before the request line is let pass.
        if count > 0 && start[0] == Self.carriageReturn {
            guard count > 1 else { return .incomplete }
            guard start[1] == Self.lineFeed else { return .malformed(.bareCarriageReturn) }
            position = 2
        }
        var outcome = requestLine(start, count, &position, &head)
        if outcome == .complete {
            head.fieldsStart = position
            outcome = headers(start, count, &position, &head.fields, isHTTP10: head.isHTTP10)
        }
        if outcome == .complete { outcome = check(&head, position) }
        return outcome == .incomplete && bytes.count >= limits.bytes
            ? .malformed(.headTooLarge) : outcome
    }

    /// Reads a response's head.
    func parse(_ bytes: UnsafeRawBufferPointer, _ head: inout ResponseHead) -> ParseOutcome {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return .incomplete
        }
        let count = min(bytes.count, limits.bytes)
        head = ResponseHead()
        var position = 0
        var outcome = statusLine(start, count, &position, &head)
        if outcome == .complete {
            head.fieldsStart = position
            outcome = headers(start, count, &position, &head.fields, isHTTP10: head.isHTTP10)
            head.length = position
        }
        return outcome == .incomplete && bytes.count >= limits.bytes
            ? .malformed(.headTooLarge) : outcome
    }

    /// What can be told only at the end of a request's head.
    private func check(_ head: inout RequestHead, _ position: Int) -> ParseOutcome {
        head.length = position
        if head.fields.host < 0 && !head.isHTTP10 { return .malformed(.missingHost) }
        if head.fields.isChunked && head.isHTTP10 { return .malformed(.transferEncodingInHTTP10) }
        return .complete
    }

    // MARK: First lines

    private func requestLine(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int,
        _ head: inout RequestHead
    ) -> ParseOutcome {
        let methodStart = position
        while position < count, bytes[position].isTokenCharacter { position += 1 }
        guard position < count else { return .incomplete }
        guard bytes[position] == Self.space, position > methodStart, position - methodStart <= 32
        else { return .malformed(.method) }
        head.method = Span(start: methodStart, count: position - methodStart)
        classifyMethod(bytes + methodStart, &head)
        position += 1
        let targetStart = position
        var question = -1
        while position < count, bytes[position].isTargetCharacter {
            if bytes[position] == UInt8(ascii: "?") && question < 0 { question = position }
            position += 1
        }
        guard position < count else { return .incomplete }
        guard bytes[position] == Self.space, position > targetStart else {
            return .malformed(.target)
        }
        head.target = Span(start: targetStart, count: position - targetStart)
        if let wrong = splitTarget(bytes, question, &head) { return .malformed(wrong) }
        position += 1
        return version(bytes, count, &position, &head.isHTTP10, end: .requestLine)
    }

    private func classifyMethod(_ method: UnsafePointer<UInt8>, _ head: inout RequestHead) {
        func isMethod(_ word: StaticString) -> Bool {
            guard head.method.count == word.utf8CodeUnitCount else { return false }
            for index in 0..<head.method.count where method[index] != word.utf8Start[index] {
                return false
            }
            return true
        }
        switch head.method.count {
        case 3: head.isIdempotent = isMethod("GET") || isMethod("PUT")
        case 4:
            head.isHEAD = isMethod("HEAD")
            head.isIdempotent = head.isHEAD
        case 5: head.isIdempotent = isMethod("TRACE")
        case 6: head.isIdempotent = isMethod("DELETE")
        case 7:
            head.isIdempotent = isMethod("OPTIONS")
            if isMethod("CONNECT") { head.form = .authority }
        default: break
        }
    }

    /// Takes the request target apart (RFC 9112 §3.2).
    private func splitTarget(
        _ bytes: UnsafePointer<UInt8>, _ question: Int, _ head: inout RequestHead
    ) -> Malformation? {
        let target = head.target
        if head.form == .authority {
            head.authority = target
            return nil
        }
        if bytes[target.start] == UInt8(ascii: "/") {
            head.pathAndQuery = target
            head.pathLength = question < 0 ? target.count : question - target.start
            return nil
        }
        if bytes[target.start] == UInt8(ascii: "*") {
            head.form = .asterisk
            head.pathAndQuery = target
            head.pathLength = target.count
            let isOptions = equalsIgnoringCase(
                bytes + head.method.start, head.method.count, "options")
            return target.count == 1 && isOptions ? nil : .target
        }
        head.form = .absolute
        return splitAbsolute(bytes, question, &head)
    }

    private func splitAbsolute(
        _ bytes: UnsafePointer<UInt8>, _ question: Int, _ head: inout RequestHead
    ) -> Malformation? {
        let target = head.target
        guard target.count > 7, equalsIgnoringCase(bytes + target.start, 7, "http://") else {
            let isOtherScheme = (target.start..<target.end - 1).contains { index in
                bytes[index] == UInt8(ascii: ":") && bytes[index + 1] == UInt8(ascii: "/")
            }
            return isOtherScheme ? .scheme : .target
        }
        let authorityStart = target.start + 7
        var end = authorityStart
        while end < target.end, bytes[end].isAuthorityCharacter { end += 1 }
        let follows = end < target.end ? bytes[end] : UInt8(ascii: "/")
        guard end > authorityStart, follows == UInt8(ascii: "/") || follows == UInt8(ascii: "?")
        else { return .target }
        head.authority = Span(start: authorityStart, count: end - authorityStart)
        head.pathAndQuery = Span(start: end, count: target.end - end)
        head.pathLength = question < 0 ? target.end - end : question - end
        return nil
    }

    private func statusLine(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int,
        _ head: inout ResponseHead
    ) -> ParseOutcome {
        let outcome = version(bytes, count, &position, &head.isHTTP10, end: .statusLine)
        guard outcome == .complete else { return outcome }
        let start = position
        while position < count, position < start + 3 {
            let digit = bytes[position] &- 0x30
            guard digit < 10 else { return .malformed(.statusLine) }
            head.status = head.status * 10 + Int(digit)
            position += 1
        }
        guard position < count else { return .incomplete }
        guard head.status >= 100, head.status < 600 else { return .malformed(.statusLine) }
        if bytes[position] == Self.space {
            position += 1
        } else if bytes[position] != Self.carriageReturn {
            return .malformed(.statusLine)
        }
        if let wrong = skipText(bytes, count, &position) { return wrong }
        head.statusAndReason = Span(start: start, count: position - start)
        return lineEnd(bytes, count, &position, .statusLine)
    }

    /// Reads `HTTP/1.1` or `HTTP/1.0` and what ends it.
    private func version(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int, _ isHTTP10: inout Bool,
        end: Malformation
    ) -> ParseOutcome {
        let word: StaticString = "HTTP/1."
        for index in 0..<7 {
            guard position + index < count else { return .incomplete }
            if bytes[position + index] != word.utf8Start[index] {
                let isHTTP = index >= 5 && bytes[position + index] &- 0x30 < 10
                return .malformed(isHTTP ? .version : end)
            }
        }
        guard position + 7 < count else { return .incomplete }
        switch bytes[position + 7] {
        case UInt8(ascii: "1"): isHTTP10 = false
        case UInt8(ascii: "0"): isHTTP10 = true
        default: return .malformed(end == .requestLine ? .version : end)
        }
        position += 8
        guard end == .statusLine else { return lineEnd(bytes, count, &position, end) }
        guard position < count else { return .incomplete }
        guard bytes[position] == Self.space else { return .malformed(.statusLine) }
        position += 1
        return .complete
    }

    private func lineEnd(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int, _ wrong: Malformation
    ) -> ParseOutcome {
        guard position < count else { return .incomplete }
        if bytes[position] == Self.lineFeed { return .malformed(.bareLineFeed) }
        guard bytes[position] == Self.carriageReturn else { return .malformed(wrong) }
        guard position + 1 < count else { return .incomplete }
        guard bytes[position + 1] == Self.lineFeed else { return .malformed(.bareCarriageReturn) }
        position += 2
        return .complete
    }

    // MARK: Headers

    /// Reads headers up to and with the empty line.
    private func headers(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int,
        _ summary: inout FieldSummary, isHTTP10: Bool
    ) -> ParseOutcome {
        while true {
            guard position < count else { return .incomplete }
            let first = bytes[position]
            if first == Self.carriageReturn {
                return lineEnd(bytes, count, &position, .headerName)
            }
            if first == Self.space || first == Self.tab { return .malformed(.foldedHeader) }
            if first == Self.lineFeed { return .malformed(.bareLineFeed) }
            let nameStart = position
            while position < count, bytes[position].isTokenCharacter { position += 1 }
            guard position < count else { return .incomplete }
            let nameCount = position - nameStart
            guard bytes[position] == UInt8(ascii: ":"), nameCount > 0, nameCount < 65_536 else {
                return .malformed(.headerName)
            }
            position += 1
            while position < count, bytes[position] == Self.space || bytes[position] == Self.tab {
                position += 1
            }
            let valueStart = position
            if let wrong = skipText(bytes, count, &position) { return wrong }
            var valueEnd = position
            while valueEnd > valueStart,
                bytes[valueEnd - 1] == Self.space || bytes[valueEnd - 1] == Self.tab
            {
                valueEnd -= 1
            }
            let ended = lineEnd(bytes, count, &position, .headerValue)
            guard ended == .complete else { return ended }
            guard summary.count < limits.headers else { return .malformed(.tooManyHeaders) }
            let kind = HeaderKind.of(bytes + nameStart, nameCount)
            fields[summary.count] = HeaderField(
                nameOffset: UInt32(truncatingIfNeeded: nameStart),
                nameLength: UInt16(truncatingIfNeeded: nameCount), kind: kind.rawValue,
                valueOffset: UInt32(truncatingIfNeeded: valueStart),
                valueLength: UInt32(truncatingIfNeeded: valueEnd - valueStart))
            if kind != .other,
                let wrong = note(kind, bytes + valueStart, valueEnd - valueStart, &summary)
            {
                return .malformed(wrong)
            }
            summary.count += 1
        }
    }

    /// Skips over a header's value or a reason phrase: visible characters, spaces, tabs and bytes
    /// above ASCII.
    @inline(__always)
    private func skipText(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int
    ) -> ParseOutcome? {
        var index = position
        let raw = UnsafeRawPointer(bytes)
        while true {
            // Eight bytes at a time while none is a control character.
            while index + 8 <= count {
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let low = (word &- 0x2020_2020_2020_2020) & ~word
                let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
                let deletes = (delete &- 0x0101_0101_0101_0101) & ~delete
                if (low | deletes) & 0x8080_8080_8080_8080 != 0 { break }
                index += 8
            }
            let stop = min(index + 8, count)
            while index < stop {
                let byte = bytes[index]
                if byte < Self.space && byte != Self.tab || byte == 0x7F {
                    position = index
                    if byte == Self.carriageReturn || byte == Self.lineFeed { return nil }
                    return .malformed(.headerValue)
                }
                index += 1
            }
            if index == count {
                position = index
                return .incomplete
            }
        }
    }

    /// Takes note of a header that means something to the proxy.
    private func note(
        _ kind: HeaderKind, _ value: UnsafePointer<UInt8>, _ count: Int,
        _ summary: inout FieldSummary
    ) -> Malformation? {
        switch kind {
        case .other: break
        case .host:
            guard summary.host < 0 else { return .repeatedHost }
            summary.host = summary.count
            for index in 0..<count where !value[index].isAuthorityCharacter { return .host }
            return nil
        case .contentLength: return noteContentLength(value, count, &summary)
        case .transferEncoding:
            guard !summary.isChunked, equalsIgnoringCase(value, count, "chunked") else {
                return .transferEncoding
            }
            guard summary.contentLength < 0 else { return .transferEncodingWithLength }
            summary.isChunked = true
        case .connection: return noteConnection(value, count, &summary)
        case .expect:
            guard equalsIgnoringCase(value, count, "100-continue") else { return .expectation }
            summary.expectsContinue = true
        case .upgrade: summary.upgrade = summary.count
        case .forwardedFor: summary.lastForwardedFor = summary.count
        case .forwardedProto: summary.forwardedProto = summary.count
        case .requestID: summary.requestID = summary.count
        case .keepAlive, .proxyConnection, .te, .trailer: break
        }
        summary.hasSpecials = true
        return nil
    }

    private func noteContentLength(
        _ value: UnsafePointer<UInt8>, _ count: Int, _ summary: inout FieldSummary
    ) -> Malformation? {
        guard summary.contentLength < 0 else { return .repeatedContentLength }
        guard !summary.isChunked else { return .transferEncodingWithLength }
        guard count > 0, count <= 18 else { return .contentLength }
        var length: Int64 = 0
        for index in 0..<count {
            let digit = value[index] &- 0x30
            guard digit < 10 else { return .contentLength }
            length = length * 10 + Int64(digit)
        }
        summary.contentLength = length
        return nil
    }

    private func noteConnection(
        _ value: UnsafePointer<UInt8>, _ count: Int, _ summary: inout FieldSummary
    ) -> Malformation? {
        summary.hasSpecials = true
        var position = 0
        while position < count {
            let byte = value[position]
            if byte == Self.space || byte == Self.tab || byte == UInt8(ascii: ",") {
                position += 1
                continue
            }
            let start = position
            while position < count, value[position].isTokenCharacter { position += 1 }
            guard position > start else { return .connection }
            let word = value + start
            switch position - start {
            case 5 where equalsIgnoringCase(word, 5, "close"): summary.hasClose = true
            case 10 where equalsIgnoringCase(word, 10, "keep-alive"): summary.hasKeepAlive = true
            case 7 where equalsIgnoringCase(word, 7, "upgrade"): summary.hasUpgrade = true
            default: summary.namesHeaders = true
            }
        }
        return nil
    }
}
