extension HTTPRoute: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        parentRefs = reader.array("parentRefs", 0...32)
        hostnames = reader.strings("hostnames", .hostname, 0...16)
        rules = reader.has("rules") ? reader.array("rules", 1...16) : rules
        useDefaultGateways = reader.choice("useDefaultGateways")
        validateParentRefs(parentRefs, reader)
        validateMatchCount(rules.map(\.matches.count), reader)
        validateRuleNames(rules.map(\.name), reader)
    }
}

extension HTTPRoute.Rule: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        name = reader.string("name", .dnsSubdomain)
        let matches: [HTTPRoute.Match] = reader.array("matches", 0...64)
        self.matches = matches.isEmpty ? self.matches : matches
        filters = reader.array("filters", 0...16)
        backendRefs = reader.array("backendRefs", 0...16)
        timeouts = reader.object("timeouts")
        retry = reader.object("retry")
        sessionPersistence = reader.object("sessionPersistence")
        validate(reader)
    }
}

extension HTTPRoute.Match: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        path = reader.object("path") ?? path
        headers = reader.array("headers", 0...16)
        queryParams = reader.array("queryParams", 0...16)
        method = reader.choice("method")
        reader.requireUnique("headers", headers.map(\.name), field: "name")
        reader.requireUnique("queryParams", queryParams.map(\.name), field: "name")
    }
}

extension HTTPRoute.PathMatch: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        type = reader.choice("type") ?? type
        value = reader.string("value", TextRule("a path", length: 0...1024)) ?? value
        validate(reader)
    }
}

extension HTTPRoute.HeaderMatch: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            name: reader.requiredString("name", .headerName),
            value: reader.requiredString("value", .headerValue))
        type = reader.choice("type") ?? type
    }
}

extension HTTPRoute.QueryParamMatch: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            name: reader.requiredString("name", .headerName),
            value: reader.requiredString("value", TextRule("text", length: 1...1024)))
        type = reader.choice("type") ?? type
    }
}

extension HTTPRoute.BackendRef: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(backendRef: BackendObjectReference(reader))
        weight = reader.integer("weight", in: .weights) ?? weight
        filters = reader.array("filters", 0...16)
        HTTPRoute.validateFilters(filters, reader)
    }
}

extension HTTPRoute.Timeouts: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        request = reader.duration("request")
        backendRequest = reader.duration("backendRequest")
        if let request, let backendRequest, request != .zero, backendRequest > request {
            reader.report(
                .conflict, at: "backendRequest",
                "one try may not take longer than the whole request; lower it, or raise request")
        }
    }
}

extension HTTPRoute.Retry: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        codes = reader.integers("codes", in: 400...599)
        attempts = reader.integer("attempts", in: 1...Int.max)
        backoff = reader.duration("backoff")
        reader.expectUnique("codes", codes.map(String.init))
    }
}

extension HTTPRoute.SessionPersistence: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        type = reader.choice("type") ?? type
        absoluteTimeout = reader.duration("absoluteTimeout")
        cookie = reader.object("cookie")
        header = reader.object("header")
        reader.requireUnion(of: type, [(.cookie, "cookie"), (.header, "header")])
        if cookie?.lifetimeType == .permanent, absoluteTimeout == nil {
            reader.report(
                .missingField, at: "absoluteTimeout",
                "required for a permanent cookie; add a duration, as in 1h")
        }
    }
}

extension HTTPRoute.SessionPersistence.Cookie: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        name = reader.string("name", .headerName)
        path = reader.string("path", TextRule("a path", length: 0...1024)) ?? path
        lifetimeType = reader.choice("lifetimeType") ?? lifetimeType
    }
}

extension HTTPRoute.SessionPersistence.Header: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(name: reader.requiredString("name", .headerName))
    }
}
