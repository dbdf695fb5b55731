extension HTTPRoute.Filter: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(type: reader.requiredChoice("type"))
        requestHeaderModifier = reader.object("requestHeaderModifier")
        responseHeaderModifier = reader.object("responseHeaderModifier")
        requestMirror = reader.object("requestMirror")
        requestRedirect = reader.object("requestRedirect")
        urlRewrite = reader.object("urlRewrite")
        extensionRef = reader.object("extensionRef")
        cors = reader.object("cors")
        externalAuth = reader.object("externalAuth")
        reader.requireUnion(
            of: type,
            [
                (.requestHeaderModifier, "requestHeaderModifier"),
                (.responseHeaderModifier, "responseHeaderModifier"),
                (.requestMirror, "requestMirror"), (.requestRedirect, "requestRedirect"),
                (.urlRewrite, "urlRewrite"), (.extensionRef, "extensionRef"), (.cors, "cors"),
                (.externalAuth, "externalAuth"),
            ])
    }
}

extension HTTPRoute.Header: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            name: reader.requiredString("name", .headerName),
            value: reader.requiredString("value", .headerValue))
    }
}

extension HTTPRoute.HeaderModifier: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        set = reader.array("set", 0...16)
        add = reader.array("add", 0...16)
        remove = reader.strings("remove", .text, 0...16)
        reader.requireUnique("set", set.map(\.name), field: "name")
        reader.requireUnique("add", add.map(\.name), field: "name")
        reader.expectUnique("remove", remove)
    }
}

extension HTTPRoute.RequestMirror: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(backendRef: reader.requiredObject("backendRef"))
        percent = reader.integer("percent", in: 0...100)
        fraction = reader.object("fraction")
        if percent != nil, fraction != nil {
            reader.report(
                .conflict, at: "fraction", "percent and fraction exclude each other; remove one")
        }
    }
}

extension HTTPRoute.Fraction: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(numerator: reader.requiredInteger("numerator", in: 0...Int(Int32.max)))
        denominator = reader.integer("denominator", in: 1...Int(Int32.max)) ?? denominator
        if numerator > denominator {
            reader.report(
                .outOfRange, at: "numerator",
                "expected at most the denominator, \(denominator), found \(numerator)")
        }
    }
}

extension HTTPRoute.RequestRedirect: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        scheme = reader.string("scheme")
        hostname = reader.string("hostname", .preciseHostname)
        path = reader.object("path")
        port = reader.integer("port", in: .ports)
        statusCode = reader.integer("statusCode") ?? statusCode
        let severity: Diagnostic.Severity =
            reader.context.unknownValues == .refuse ? .error : .warning
        if let scheme, !["http", "https"].contains(scheme) {
            reader.report(
                severity, .unsupportedValue, at: "scheme",
                "expected http or https, found \(quoted(scheme))")
        }
        if ![301, 302, 303, 307, 308].contains(statusCode) {
            reader.report(
                severity, .unsupportedValue, at: "statusCode",
                "expected one of 301, 302, 303, 307, 308, found \(statusCode)")
        }
    }
}

extension HTTPRoute.URLRewrite: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        hostname = reader.string("hostname", .preciseHostname)
        path = reader.object("path")
    }
}

extension HTTPRoute.PathModifier: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(type: reader.requiredChoice("type"))
        let rule = TextRule("a path", length: 0...1024)
        replaceFullPath = reader.string("replaceFullPath", rule)
        replacePrefixMatch = reader.string("replacePrefixMatch", rule)
        reader.requireUnion(
            of: type,
            [(.replaceFullPath, "replaceFullPath"), (.replacePrefixMatch, "replacePrefixMatch")])
    }
}

extension HTTPRoute.CORS: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        allowOrigins = reader.strings("allowOrigins", .origin, 0...64)
        allowCredentials = reader.bool("allowCredentials") ?? allowCredentials
        allowMethods = reader.strings("allowMethods", .corsMethod, 0...9)
        allowHeaders = reader.strings("allowHeaders", .headerName, 0...64)
        exposeHeaders = reader.strings("exposeHeaders", .headerName, 0...64)
        maxAge = reader.integer("maxAge", in: 1...Int(Int32.max)).map { .seconds($0) } ?? maxAge
        let lists = [
            ("allowOrigins", allowOrigins), ("allowMethods", allowMethods),
            ("allowHeaders", allowHeaders),
        ]
        for (field, values) in lists {
            reader.expectUnique(field, values)
            if values.contains("*"), values.count > 1 {
                reader.report(
                    .conflict, at: field, "\"*\" stands for all; remove it, or the other entries")
            }
        }
        reader.expectUnique("exposeHeaders", exposeHeaders)
    }
}

extension TextRule {
    /// `*`, or `scheme://host[:port]` with `*` to the left in the host.
    fileprivate static let origin = TextRule(
        "\"*\" or an origin, as in https://*.example.com:8443", length: 1...253
    ) { text in
        if text == "*" { return true }
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else {
            return false
        }
        let parts = text.dropFirst(scheme.count).split(
            separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, parts.count <= 2 else { return false }
        if parts.count == 2 {
            guard (1...5).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(\.isDigit) else {
                return false
            }
        }
        if host == "*" { return true }
        let labels = (host.hasPrefix("*.") ? host.dropFirst(2) : host).split(
            separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty
                && label.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
        }
    }

    /// A method, or `*`.
    fileprivate static let corsMethod = TextRule(
        "\"*\" or one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH"
    ) { $0 == "*" || HTTPRoute.Method(rawValue: $0).unknownSpelling == nil }

    /// A path with what RFC 3986 allows in it.
    fileprivate static let uriPath = TextRule(
        "a path of letters, digits and /._~!$&'()*+,;=:@-, the rest as %20", length: 1...1024,
        isWellFormed: isPathText)
}

extension HTTPRoute.ExternalAuth: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            protocol: reader.requiredChoice("protocol"),
            backendRef: reader.requiredObject("backendRef"))
        grpc = reader.object("grpc")
        http = reader.object("http")
        forwardBody = reader.object("forwardBody")
        reader.requireUnion(
            of: self.protocol, named: "protocol", [(.grpc, "grpc"), (.http, "http")])
    }
}

extension HTTPRoute.ExternalAuth.GRPC: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        allowedHeaders = reader.strings("allowedHeaders", .text, 0...64)
        reader.expectUnique("allowedHeaders", allowedHeaders)
    }
}

extension HTTPRoute.ExternalAuth.HTTP: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        path = reader.string("path", .uriPath)
        allowedHeaders = reader.strings("allowedHeaders", .text, 0...64)
        reader.expectUnique("allowedHeaders", allowedHeaders)
        allowedResponseHeaders = reader.strings("allowedResponseHeaders", .text, 0...64)
        reader.expectUnique("allowedResponseHeaders", allowedResponseHeaders)
    }
}

extension HTTPRoute.ExternalAuth.ForwardBody: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        maxSize = reader.integer("maxSize", in: 0...Int(Int32.max))
    }
}
