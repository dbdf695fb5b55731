extension GRPCRoute: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        parentRefs = reader.array("parentRefs", 0...32)
        hostnames = reader.strings("hostnames", .hostname, 0...16)
        rules = reader.array("rules", 0...16)
        useDefaultGateways = reader.choice("useDefaultGateways")
        validateParentRefs(parentRefs, reader)
        validateMatchCount(rules.map(\.matches.count), reader)
        validateRuleNames(rules.map(\.name), reader)
    }
}

extension GRPCRoute.Rule: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        name = reader.string("name", .dnsSubdomain)
        matches = reader.array("matches", 0...64)
        filters = reader.array("filters", 0...16)
        backendRefs = reader.array("backendRefs", 0...16)
        sessionPersistence = reader.object("sessionPersistence")
        GRPCRoute.validateFilters(filters, reader)
    }
}

extension GRPCRoute.Match: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        method = reader.object("method")
        let headers: [GRPCHeaderMatch] = reader.array("headers", 0...16)
        self.headers = headers.map(\.match)
        reader.requireUnique("headers", headers.map(\.match.name), field: "name")
    }
}

/// A condition on a header of a GRPCRoute, whose value may be any text.
private struct GRPCHeaderMatch: ObjectReadable {
    var match: HTTPRoute.HeaderMatch

    init(_ reader: ObjectReader) {
        match = HTTPRoute.HeaderMatch(
            name: reader.requiredString("name", .headerName),
            value: reader.requiredString("value", TextRule("text", length: 1...4096)))
        match.type = reader.choice("type") ?? match.type
    }
}

extension GRPCRoute.MethodMatch: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        type = reader.choice("type") ?? type
        let isExact = type == .exact
        let service = reader.string("service", isExact ? .grpcService : .grpcExpression)
        let method = reader.string("method", isExact ? .grpcMethod : .grpcExpression)
        // An empty expression compares with nothing, as an absent one.
        self.service = service?.isEmpty ?? true ? nil : service
        self.method = method?.isEmpty ?? true ? nil : method
        if !reader.has("service"), !reader.has("method") {
            reader.report(
                .missingField, at: "service",
                "required without a method; add a service, a method, or both")
        }
    }
}

extension TextRule {
    /// A service that is called, its package in front.
    fileprivate static let grpcService = TextRule(
        "a service of letters, digits, '_' and '.', as in helloworld.Greeter", length: 1...1024
    ) { text in
        let name = text.first == "." ? text.dropFirst() : Substring(text)
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
            isProtobufIdentifier($0)
        }
    }

    /// A method that is called.
    fileprivate static let grpcMethod = TextRule(
        "a method of letters, digits and '_', as in SayHello", length: 1...1024
    ) { isProtobufIdentifier(Substring($0)) }

    /// A regular expression over services or methods.
    fileprivate static let grpcExpression = TextRule("a regular expression", length: 0...1024)
}

private func isProtobufIdentifier(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, !first.isDigit else { return false }
    return text.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "_") }
}

extension GRPCRoute.Filter: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(type: reader.requiredChoice("type"))
        requestHeaderModifier = reader.object("requestHeaderModifier")
        responseHeaderModifier = reader.object("responseHeaderModifier")
        requestMirror = reader.object("requestMirror")
        extensionRef = reader.object("extensionRef")
        reader.requireUnion(
            of: type,
            [
                (.requestHeaderModifier, "requestHeaderModifier"),
                (.responseHeaderModifier, "responseHeaderModifier"),
                (.requestMirror, "requestMirror"), (.extensionRef, "extensionRef"),
            ])
    }
}

extension GRPCRoute.BackendRef: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(backendRef: BackendObjectReference(reader))
        weight = reader.integer("weight", in: .weights) ?? weight
        filters = reader.array("filters", 0...16)
        GRPCRoute.validateFilters(filters, reader)
    }
}

extension GRPCRoute {
    /// Header modifiers stand at most once each.
    fileprivate static func validateFilters(_ filters: [Filter], _ reader: ObjectReader) {
        var seen: Set<FilterType> = []
        for (index, filter) in filters.enumerated() {
            switch filter.type {
            case .requestMirror, .extensionRef, .unknown: continue
            case .requestHeaderModifier, .responseHeaderModifier:
                if !seen.insert(filter.type).inserted {
                    reader.report(
                        .duplicate, at: "filters[\(index)].type",
                        "\(filter.type) stands twice; put both into one filter")
                }
            }
        }
    }
}
