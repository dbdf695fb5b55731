import XDS

/// What a route asks of a request beside a literal path: all of it must hold.
struct RequestConditions: Sendable {
    private enum Subject: Sendable {
        case method
        case authority
        case target
        case scheme
        case header([UInt8])
    }

    private struct Header: Sendable {
        let subject: Subject
        /// nil asks for presence only.
        let value: StringCondition?
        let isPresent: Bool
        let inverted: Bool
    }

    private struct Parameter: Sendable {
        let name: [UInt8]
        let value: StringCondition?
        let isPresent: Bool
    }

    private var headers: [Header] = []
    private var parameters: [Parameter] = []
    private var path: RegularExpression?
    private var fraction: FractionalPercent?
    private var isGRPC = false
    /// Nothing is asked.
    private(set) var isEmpty = true

    init(_ match: RouteMatch, at place: String, errors: inout ErrorCollector) {
        if case .safeRegex(let pattern) = match.path {
            do throws(RegularExpression.SyntaxError) {
                path = try RegularExpression(pattern)
            } catch {
                errors.invalid("\(place).safe_regex", error.message)
            }
        }
        for (index, matcher) in match.headers.enumerated() {
            compile(matcher, at: "\(place).headers[\(index)]", errors: &errors)
        }
        for (index, matcher) in match.queryParameters.enumerated() {
            compile(matcher, at: "\(place).query_parameters[\(index)]", errors: &errors)
        }
        fraction = match.runtimeFraction
        isGRPC = match.isGRPC
        isEmpty =
            path == nil && headers.isEmpty && parameters.isEmpty && fraction == nil && !isGRPC
    }

    private mutating func compile(
        _ matcher: HeaderMatcher, at place: String, errors: inout ErrorCollector
    ) {
        let subject: Subject
        switch matcher.name.lowercased() {
        case ":method": subject = .method
        case ":authority", "host": subject = .authority
        case ":path": subject = .target
        case ":scheme": subject = .scheme
        case let name where name.isEmpty || name.hasPrefix(":"):
            errors.unsupported("\(place).name", "no such pseudo-header as `\(name)`")
            return
        case let name: subject = .header(lowercasedBytes(name))
        }
        switch matcher.condition {
        case .present(let isPresent):
            headers.append(
                Header(
                    subject: subject, value: nil, isPresent: isPresent,
                    inverted: matcher.invertMatch))
        case .string(let string):
            guard let value = condition(string, at: place, errors: &errors) else { return }
            headers.append(
                Header(
                    subject: subject, value: value, isPresent: true,
                    inverted: matcher.invertMatch))
        }
    }

    private mutating func compile(
        _ matcher: QueryParameterMatcher, at place: String, errors: inout ErrorCollector
    ) {
        let name = Array(matcher.name.utf8)
        switch matcher.condition {
        case .present(let isPresent):
            parameters.append(Parameter(name: name, value: nil, isPresent: isPresent))
        case .string(let string):
            guard let value = condition(string, at: place, errors: &errors) else { return }
            parameters.append(Parameter(name: name, value: value, isPresent: true))
        }
    }

    private func condition(
        _ matcher: StringMatcher, at place: String, errors: inout ErrorCollector
    ) -> StringCondition? {
        do throws(RegularExpression.SyntaxError) {
            return try StringCondition(matcher)
        } catch {
            errors.invalid("\(place).string_match", error.message)
            return nil
        }
    }

    /// Whether the request fulfils all of them.
    func hold(_ request: RequestView) -> Bool {
        if isEmpty { return true }
        for header in headers where !holds(header, request) { return false }
        for parameter in parameters where !holds(parameter, request.query) { return false }
        if let path, !path.matches(request.path) { return false }
        if isGRPC && !request.isGRPC { return false }
        // One number for all routes, so that a route's fraction begins where the one before ends
        // (config.route.v3.RouteMatch.runtime_fraction, as Envoy evaluates it).
        return fraction.map { $0.takes(request.chance) } ?? true
    }

    private func holds(_ header: Header, _ request: RequestView) -> Bool {
        switch header.subject {
        case .method: return holds(header, request.method)
        case .authority: return holds(header, request.authority)
        case .target: return holds(header, request.target)
        case .scheme:
            let scheme = request.isSecure ? Self.secureScheme : Self.scheme
            return scheme.withUnsafeBytes { holds(header, $0) }
        case .header(let name): return holds(header, named: name, request)
        }
    }

    private static let scheme = Array("http".utf8)
    private static let secureScheme = Array("https".utf8)

    private func holds(_ header: Header, _ value: UnsafeRawBufferPointer?) -> Bool {
        guard let condition = header.value else {
            return ((value != nil) == header.isPresent) != header.inverted
        }
        // A header that is missing fulfils no condition on its value, inverted ones included.
        guard let value else { return false }
        return condition.matches(value) != header.inverted
    }

    /// Several headers of one name are one, joined by commas (RFC 9110 §5.3).
    private func holds(_ header: Header, named name: [UInt8], _ request: RequestView) -> Bool {
        var found: UnsafeRawBufferPointer?
        var joined: [UInt8] = []
        for field in request.headers where Int(field.nameLength) == name.count {
            guard name.withUnsafeBytes({ request.name(of: field).equals(lowercase: $0) }) else {
                continue
            }
            let value = request.value(of: field)
            if let first = found {
                if joined.isEmpty { joined.append(contentsOf: first) }
                joined.append(UInt8(ascii: ","))
                joined.append(contentsOf: value)
            } else {
                found = value
            }
        }
        if joined.isEmpty { return holds(header, found) }
        return joined.withUnsafeBytes { holds(header, $0) }
    }

    private func holds(_ parameter: Parameter, _ query: UnsafeRawBufferPointer) -> Bool {
        let value = parameter.name.withUnsafeBytes { Self.value(of: $0, in: query) }
        guard let condition = parameter.value else { return (value != nil) == parameter.isPresent }
        guard let value else { return false }
        return condition.matches(value)
    }

    /// The first value of a parameter, as sent.
    private static func value(
        of name: UnsafeRawBufferPointer, in query: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        var start = 0
        while start < query.count {
            var end = start
            var equals: Int?
            while end < query.count && query[end] != UInt8(ascii: "&") {
                if equals == nil && query[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            let nameEnd = equals ?? end
            if query.slice(start, nameEnd - start).equals(name) {
                let valueStart = min(nameEnd + 1, end)
                return query.slice(valueStart, end - valueStart)
            }
            start = end + 1
        }
        return nil
    }
}

extension FractionalPercent {
    /// Whether a request with a chance is among the share.
    package func takes(_ chance: UInt64) -> Bool {
        chance % UInt64(denominator.value) < UInt64(numerator)
    }
}

extension RequestView {
    /// The body is of gRPC, by its type.
    fileprivate var isGRPC: Bool {
        let wanted: StaticString = "application/grpc"
        let name: StaticString = "content-type"
        for field in headers
        where self.name(of: field).equals(
            lowercase: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        {
            let value = self.value(of: field)
            let length = wanted.utf8CodeUnitCount
            guard value.count >= length,
                value.slice(0, length).equals(
                    lowercase: UnsafeRawBufferPointer(start: wanted.utf8Start, count: length))
            else { return false }
            return value.count == length || value[length] == UInt8(ascii: "+")
                || value[length] == UInt8(ascii: ";")
        }
        return false
    }
}
