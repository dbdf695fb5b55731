// The rules that the CRD of HTTPRoute states in CEL: what each field allows by itself, but not all
// together.

extension HTTPRoute {
    /// Each filter at most once, save mirrors and extensions; no redirect together with a rewrite.
    static func validateFilters(_ filters: [Filter], _ reader: ObjectReader) {
        var seen: Set<FilterType> = []
        for (index, filter) in filters.enumerated() {
            switch filter.type {
            case .requestMirror, .extensionRef, .externalAuth, .unknown: continue
            case .requestHeaderModifier, .responseHeaderModifier, .requestRedirect, .urlRewrite,
                .cors:
                if !seen.insert(filter.type).inserted {
                    reader.report(
                        .duplicate, at: "filters[\(index)].type",
                        "\(filter.type) stands twice; put both into one filter")
                }
            }
        }
        if seen.isSuperset(of: [.requestRedirect, .urlRewrite]) {
            reader.report(
                .conflict, at: "filters",
                "RequestRedirect and URLRewrite cannot stand together; remove one")
        }
    }
}

extension HTTPRoute.Rule {
    /// Filters fit the rule's matches and backends.
    func validate(_ reader: ObjectReader) {
        HTTPRoute.validateFilters(filters, reader)
        for (index, filter) in filters.enumerated() {
            if filter.requestRedirect != nil, !backendRefs.isEmpty {
                reader.report(
                    .conflict, at: "filters[\(index)].requestRedirect",
                    "a rule that redirects sends nothing to a backend; remove backendRefs, or "
                        + "move the redirect to a rule of its own")
            }
            validatePrefixReplacement(filter, at: "filters[\(index)]", reader)
        }
        for (backendIndex, backend) in backendRefs.enumerated() {
            for (index, filter) in backend.filters.enumerated() {
                validatePrefixReplacement(
                    filter, at: "backendRefs[\(backendIndex)].filters[\(index)]", reader)
            }
        }
    }

    private func validatePrefixReplacement(
        _ filter: HTTPRoute.Filter, at path: String, _ reader: ObjectReader
    ) {
        guard matches.count != 1 || matches[0].path.type != .pathPrefix else { return }
        let modifiers = [
            ("requestRedirect", filter.requestRedirect?.path),
            ("urlRewrite", filter.urlRewrite?.path),
        ]
        for (field, modifier) in modifiers where modifier?.type == .replacePrefixMatch {
            reader.report(
                .conflict, at: "\(path).\(field).path.type",
                "ReplacePrefixMatch needs a rule with exactly one match, of type PathPrefix; "
                    + "make a rule of its own, or use ReplaceFullPath")
        }
    }
}

extension HTTPRoute.PathMatch {
    /// A path to compare with has no parts that a normalized path never has.
    func validate(_ reader: ObjectReader) {
        guard type == .exact || type == .pathPrefix else { return }
        if !value.hasPrefix("/") {
            reader.report(
                .invalidFormat, at: "value",
                "expected a path that begins with '/', found \(quoted(value)); write "
                    + quoted("/" + value))
            return
        }
        let inside = ["//", "/./", "/../", "%2f", "%2F", "#"].filter(value.contains)
        let end = ["/..", "/."].filter(value.hasSuffix)
        if let part = inside.first ?? end.first {
            reader.report(
                .invalidFormat, at: "value",
                "a path never holds \(quoted(part)) when it is compared, found \(quoted(value)); "
                    + "write the path without it")
        } else if !isPathText(value) {
            reader.report(
                .invalidFormat, at: "value",
                "expected letters, digits and /._~!$&'()*+,;=:@-, the rest as %20, found "
                    + quoted(value))
        }
    }
}

/// Whether a text is made of what RFC 3986 allows in a path: `pchar` and slashes.
func isPathText(_ text: String) -> Bool {
    var hexDigits = 0
    for byte in text.utf8 {
        if hexDigits > 0 {
            guard Character(UnicodeScalar(byte)).isHexDigit else { return false }
            hexDigits -= 1
        } else if byte == UInt8(ascii: "%") {
            hexDigits = 2
        } else if !byte.isAlphanumeric && !"-/._~!$&'()*+,;=:@".utf8.contains(byte) {
            return false
        }
    }
    return hexDigits == 0 && !text.isEmpty
}

/// All rules of a route together have at most 128 matches.
func validateMatchCount(_ counts: [Int], _ reader: ObjectReader) {
    let matches = counts.reduce(0, +)
    guard matches > 128 else { return }
    reader.report(
        .warning, .outOfRange, at: "rules",
        "the API takes at most 128 matches in a route, found \(matches); a cluster would "
            + "refuse the object")
}

/// Names of rules are unique in their route.
func validateRuleNames(_ names: [String?], _ reader: ObjectReader) {
    var seen: Set<String> = []
    for (index, name) in names.enumerated() {
        guard let name, !seen.insert(name).inserted else { continue }
        reader.report(
            .duplicate, at: "rules[\(index)].name",
            "\(quoted(name)) is the name of a rule before; give each rule its own name")
    }
}

/// Several references to one parent must be told apart by section or port.
func validateParentRefs(_ parentRefs: [ParentReference], _ reader: ObjectReader) {
    var seen: Set<ParentReference> = []
    var sections: [ParentReference: Set<[Bool]>] = [:]
    for (index, ref) in parentRefs.enumerated() {
        var parent = ref
        (parent.sectionName, parent.port) = (nil, nil)
        let parts = [ref.sectionName != nil, ref.port != nil]
        let before = sections[parent, default: []]
        sections[parent] = before.union([parts])
        if !seen.insert(ref).inserted {
            reader.report(
                .duplicate, at: "parentRefs[\(index)]", "this parent stands twice; remove one")
        } else if before.contains(where: { $0 != parts }) {
            reader.report(
                .conflict, at: "parentRefs[\(index)]",
                "this parent stands twice, and one of them covers the other; give both a "
                    + "sectionName, or both a port")
        }
    }
}
