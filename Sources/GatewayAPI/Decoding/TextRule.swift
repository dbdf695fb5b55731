/// The form that a text must have.
struct TextRule: Sendable {
    /// The form in words, after "expected".
    let expectation: String
    /// The number of characters.
    let length: ClosedRange<Int>
    /// Whether a text of that length has the form.
    let isWellFormed: @Sendable (String) -> Bool

    init(
        _ expectation: String, length: ClosedRange<Int> = 0...Int.max,
        isWellFormed: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.expectation = expectation
        self.length = length
        self.isWellFormed = isWellFormed
    }

    /// Whether a text has the form and the length.
    func isSatisfied(by text: String) -> Bool { problem(with: text) == nil }

    /// What is wrong with a text; nil when nothing is.
    func problem(with text: String) -> (code: Diagnostic.Code, message: String)? {
        let count = text.unicodeScalars.count
        if count < length.lowerBound {
            return (.missingField, "expected \(expectation), found an empty text")
        }
        if count > length.upperBound {
            return (
                .outOfRange,
                "expected at most \(length.upperBound) characters, found \(count)"
            )
        }
        guard isWellFormed(text) else {
            return (.invalidFormat, "expected \(expectation), found \(quoted(text))")
        }
        return nil
    }
}

extension TextRule {
    /// Any text.
    static let text = TextRule("text")
    /// Any text but none.
    static let nonEmpty = TextRule("text", length: 1...Int.max)
    /// Any text that may be a name of an object in a reference.
    static let objectName = TextRule("a name", length: 1...253)
    /// RFC 1123: a name without dots.
    static let dnsLabel = TextRule(
        "a name of lower case letters, digits and '-'", length: 1...63, isWellFormed: isDNSLabel)
    /// RFC 1123: a name, dots allowed.
    static let dnsSubdomain = TextRule(
        "a name of lower case letters, digits, '-' and '.'", length: 1...253,
        isWellFormed: isDNSSubdomain)
    /// RFC 1035: a name without dots that begins with a letter.
    static let serviceName = TextRule(
        "a name of lower case letters, digits and '-' that begins with a letter", length: 1...63
    ) { isDNSLabel($0) && $0.utf8.first?.isDigit == false }
    /// A name of an object of an unknown kind: whatever may stand in a URL's path.
    static let pathSegment = TextRule("a name without '/' and '%'", length: 1...253) {
        $0 != "." && $0 != ".." && !$0.utf8.contains { $0 == 0x2F || $0 == 0x25 || $0 < 0x20 }
    }
    /// An API group, empty for the core group.
    static let group = TextRule(
        "an API group, as in gateway.networking.k8s.io, or an empty text", length: 0...253
    ) { $0.isEmpty || isDNSSubdomain($0) }
    /// A kind, as in `HTTPRoute`.
    static let kind = TextRule("a kind, as in HTTPRoute", length: 1...63) { text in
        text.utf8.first?.isLetter == true && text.utf8.last?.isAlphanumeric == true
            && text.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
    }
    /// A host without wildcard.
    static let preciseHostname = TextRule(
        "a host name of lower case letters, digits, '-' and '.'", length: 1...253,
        isWellFormed: isDNSSubdomain)
    /// A host, `*.` allowed in front.
    static let hostname = TextRule(
        "a host name of lower case letters, digits, '-' and '.', with \"*.\" in front or not",
        length: 1...253, isWellFormed: isWildcardHostname)
    /// RFC 9110: a header's or a cookie's name.
    static let headerName = TextRule(
        "a header name of letters, digits and !#$%&'*+-.^_`|~", length: 1...256,
        isWellFormed: isToken)
    /// A header's value.
    static let headerValue = TextRule(
        "visible ASCII characters, with single blanks between them", length: 1...4096,
        isWellFormed: isHeaderValue)
    /// GEP-2257: a duration.
    static let duration = TextRule("a duration, as in 10s, 1m30s or 500ms") {
        parseDuration($0) != nil
    }
    /// A name of a controller.
    static let controllerName = TextRule(
        "a domain and a path, as in example.net/gateway-controller", length: 1...253,
        isWellFormed: isDomainPrefixedPath)
    /// The name of a port.
    static let portName = TextRule(
        "a port name of lower case letters, digits and '-'", length: 1...63
    ) { $0.utf8.allSatisfy { $0.isLowercaseAlphanumeric || $0 == UInt8(ascii: "-") } }
    /// The key of a label.
    static let labelKey = TextRule(
        "a label key, as in app or example.net/app", length: 1...317, isWellFormed: isQualifiedName)
    /// The key of an annotation, which may be in upper case.
    static let annotationKey = TextRule(
        "an annotation key, as in app or example.net/app", length: 1...317
    ) { isQualifiedName($0.lowercased()) }
    /// The value of a label.
    static let labelValue = TextRule(
        "a label value of letters, digits, '-', '_' and '.'", length: 0...63
    ) { $0.isEmpty || isQualifiedPart(Substring($0)) }
    /// A moment in UTC.
    static let timestamp = TextRule("a time in UTC, as in 2025-01-31T09:30:00Z") { text in
        let pattern = Array("0000-00-00T00:00:00".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count > pattern.count, bytes.last == UInt8(ascii: "Z") else { return false }
        let fraction = bytes[pattern.count...].dropLast()
        return zip(pattern, bytes).allSatisfy { $0.isDigit ? $1.isDigit : $0 == $1 }
            && (fraction.isEmpty
                || fraction.count > 1 && fraction.first == UInt8(ascii: ".")
                    && fraction.dropFirst().allSatisfy(\.isDigit))
    }
}

// MARK: - Forms

extension UInt8 {
    var isLowercaseAlphanumeric: Bool { isDigit || (self >= 0x61 && self <= 0x7A) }
    var isLetter: Bool { (self >= 0x61 && self <= 0x7A) || (self >= 0x41 && self <= 0x5A) }
    var isAlphanumeric: Bool { isDigit || isLetter }
}

private func isDNSLabel(_ text: some StringProtocol) -> Bool {
    let hyphen: Character = "-"
    return !text.isEmpty && text.first != hyphen && text.last != hyphen
        && text.utf8.allSatisfy { $0.isLowercaseAlphanumeric || $0 == UInt8(ascii: "-") }
}

private func isDNSSubdomain(_ text: some StringProtocol) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isDNSLabel($0) }
}

/// Whether a text is a host name, with `*.` in front or not.
func isWildcardHostname(_ text: String) -> Bool {
    isDNSSubdomain(text.hasPrefix("*.") ? text.dropFirst(2) : Substring(text))
}

private func isToken(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0.isAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains($0) }
}

/// `^[!-~]+([\t ]?[!-~]+)*$`, as the CRD spells it.
private func isHeaderValue(_ text: String) -> Bool {
    var previousIsBlank = true
    for byte in text.utf8 {
        let isBlank = byte == 0x20 || byte == 0x09
        guard isBlank ? !previousIsBlank : byte > 0x20 && byte < 0x7F else { return false }
        previousIsBlank = isBlank
    }
    return !previousIsBlank
}

/// Whether a text is a domain, a slash and a path of the characters of RFC 3986.
func isDomainPrefixedPath(_ text: String) -> Bool {
    guard let slash = text.firstIndex(of: "/") else { return false }
    let path = text[text.index(after: slash)...]
    return isDNSSubdomain(text[..<slash]) && !path.isEmpty
        && path.utf8.allSatisfy { $0.isAlphanumeric || "/-._~%!$&'()*+,;=:".utf8.contains($0) }
}

/// Whether a text is a name, with a domain and a slash in front or not.
func isQualifiedName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last, parts.count <= 2, name.utf8.count <= 63 else { return false }
    return isQualifiedPart(name) && (parts.count == 1 || isDNSSubdomain(parts[0]))
}

private func isQualifiedPart(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return first.isAlphanumeric && last.isAlphanumeric
        && text.utf8.allSatisfy { $0.isAlphanumeric || "-_.".utf8.contains($0) }
}

/// Reads a duration of GEP-2257: up to four of `h`, `m`, `s`, `ms`, each after up to five digits.
func parseDuration(_ text: String) -> Duration? {
    var rest = Substring(text)
    var total = Duration.zero
    var parts = 0
    while !rest.isEmpty {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard (1...5).contains(digits.count), let count = Int(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        let unit = rest.prefix { $0.isLetter }
        switch unit {
        case "h": total += .seconds(count * 3600)
        case "m": total += .seconds(count * 60)
        case "s": total += .seconds(count)
        case "ms": total += .milliseconds(count)
        default: return nil
        }
        rest = rest.dropFirst(unit.count)
        parts += 1
    }
    return (1...4).contains(parts) ? total : nil
}
