import XDS

/// A compiled `StringMatcher`.
enum StringCondition: Sendable {
    case exact([UInt8], ignoreCase: Bool)
    case prefix([UInt8], ignoreCase: Bool)
    case suffix([UInt8], ignoreCase: Bool)
    case contains([UInt8], ignoreCase: Bool)
    case regularExpression(RegularExpression)

    init(_ matcher: StringMatcher) throws(RegularExpression.SyntaxError) {
        let ignoreCase = matcher.ignoreCase
        func bytes(_ text: String) -> [UInt8] {
            ignoreCase ? lowercasedBytes(text) : Array(text.utf8)
        }
        switch matcher.pattern {
        case .exact(let text): self = .exact(bytes(text), ignoreCase: ignoreCase)
        case .prefix(let text): self = .prefix(bytes(text), ignoreCase: ignoreCase)
        case .suffix(let text): self = .suffix(bytes(text), ignoreCase: ignoreCase)
        case .contains(let text): self = .contains(bytes(text), ignoreCase: ignoreCase)
        case .safeRegex(let pattern): self = .regularExpression(try RegularExpression(pattern))
        }
    }

    func matches(_ value: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .exact(let text, let ignoreCase):
            return same(value, text, ignoreCase)
        case .prefix(let text, let ignoreCase):
            return value.count >= text.count
                && same(value.slice(0, text.count), text, ignoreCase)
        case .suffix(let text, let ignoreCase):
            return value.count >= text.count
                && same(value.slice(value.count - text.count, text.count), text, ignoreCase)
        case .contains(let text, let ignoreCase):
            guard value.count >= text.count else { return false }
            return (0...(value.count - text.count)).contains {
                same(value.slice($0, text.count), text, ignoreCase)
            }
        case .regularExpression(let expression): return expression.matches(value)
        }
    }

    private func same(
        _ value: UnsafeRawBufferPointer, _ text: [UInt8], _ ignoreCase: Bool
    ) -> Bool {
        text.withUnsafeBytes { ignoreCase ? value.equals(lowercase: $0) : value.equals($0) }
    }
}
