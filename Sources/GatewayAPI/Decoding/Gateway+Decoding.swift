extension Gateway: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            gatewayClassName: reader.requiredString("gatewayClassName", .objectName),
            listeners: reader.array("listeners", 1...64))
        addresses = reader.array("addresses", 0...16)
        infrastructure = reader.object("infrastructure")
        allowedListeners = reader.object("allowedListeners") ?? allowedListeners
        tls = reader.object("tls")
        defaultScope = reader.choice("defaultScope")
        Self.validateListeners(listeners, reader)
        validateAddresses(reader)
    }
}

extension Gateway.Listener: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            name: reader.requiredString("name", .dnsSubdomain),
            port: reader.requiredInteger("port", in: .ports),
            protocol: Gateway.ProtocolType(
                rawValue: reader.requiredString("protocol", .listenerProtocol)))
        hostname = reader.string("hostname", .hostname)
        tls = reader.object("tls")
        allowedRoutes = reader.object("allowedRoutes") ?? allowedRoutes
        validate(reader)
    }
}

extension Gateway.AllowedRoutes: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        namespaces = reader.object("namespaces") ?? namespaces
        kinds = reader.array("kinds", 0...8)
    }
}

extension Gateway.RouteNamespaces: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        from = reader.choice("from") ?? from
        selector = reader.object("selector")
        requireSelector(from, selector, reader)
        if from == .none {
            reader.report(
                .unsupportedValue, at: "from", "expected one of All, Selector, Same, found None")
        }
    }
}

extension Gateway.RouteGroupKind: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(kind: reader.requiredString("kind", .kind))
        group = reader.string("group", .group) ?? group
    }
}

extension Gateway.AllowedListeners: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        namespaces = reader.object("namespaces") ?? namespaces
    }
}

extension Gateway.ListenerNamespaces: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        from = reader.choice("from") ?? from
        selector = reader.object("selector")
        requireSelector(from, selector, reader)
    }
}

/// The API takes a choice `Selector` without one, which then selects nothing: likely a slip.
private func requireSelector(
    _ from: Gateway.FromNamespaces, _ selector: LabelSelector?, _ reader: ObjectReader
) {
    if from == .selector, selector == nil {
        reader.report(
            .warning, .missingField, at: "selector",
            "from is Selector, but there is none, so no namespace is selected; add a selector")
    }
}

extension Gateway.ListenerTLS: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        mode = reader.choice("mode") ?? mode
        let references: [SecretReference] = reader.array("certificateRefs", 0...64)
        certificateRefs = references.map(\.reference)
        options = reader.stringMap(
            "options", keys: .annotationKey, values: TextRule("text", length: 0...4096),
            atMost: 16)
        if mode == .terminate, certificateRefs.isEmpty, options.isEmpty {
            reader.report(
                .missingField, at: "certificateRefs",
                "required when TLS ends here; add a certificate, or set mode: Passthrough")
        }
    }
}

extension Gateway.TLS: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        backend = reader.object("backend")
        frontend = reader.object("frontend")
    }
}

extension Gateway.BackendTLS: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        let reference: SecretReference? = reader.object("clientCertificateRef")
        clientCertificateRef = reference?.reference
    }
}

extension Gateway.FrontendTLS: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(default: reader.requiredObject("default"))
        perPort = reader.array("perPort", 0...64)
        reader.requireUnique("perPort", perPort.map { String($0.port) }, field: "port")
    }
}

extension Gateway.TLSPortConfig: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            port: reader.requiredInteger("port", in: .ports), tls: reader.requiredObject("tls"))
    }
}

extension Gateway.PortTLS: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        validation = reader.object("validation")
    }
}

extension Gateway.FrontendTLSValidation: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(caCertificateRefs: reader.array("caCertificateRefs", 1...16))
        mode = reader.choice("mode") ?? mode
    }
}

extension Gateway.Infrastructure: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        labels = reader.stringMap("labels", keys: .labelKey, values: .labelValue, atMost: 8)
        annotations = reader.stringMap(
            "annotations", keys: .annotationKey, values: TextRule("text", length: 0...4096),
            atMost: 16)
        parametersRef = reader.object("parametersRef")
    }
}

extension Gateway.Address: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        type = reader.string("type", .addressType).map { Gateway.AddressType(rawValue: $0) } ?? type
        value = reader.string("value", TextRule("an address", length: 0...253))
        guard let value else { return }
        if type == .ipAddress, !isIPAddress(value) {
            reader.report(
                .invalidFormat, at: "value",
                "expected an IPv4 or IPv6 address, found \(quoted(value)); for a name, set "
                    + "type: Hostname")
        }
        if type == .hostname, !isWildcardHostname(value) {
            reader.report(
                .invalidFormat, at: "value",
                "expected \(TextRule.hostname.expectation), found \(quoted(value))")
        }
    }
}

/// What Heddle reads of a Gateway's status.
struct GatewayStatusAddresses: ObjectReadable {
    var addresses: [Gateway.Address]

    init(_ reader: ObjectReader) {
        addresses = reader.array("addresses")
        reader.ignoreOthers()
    }
}

extension TextRule {
    /// A protocol of the API, or one with a domain in front.
    fileprivate static let listenerProtocol = TextRule(
        "a protocol, as in HTTP, HTTPS, TLS, TCP, UDP, HBONE or example.net/name",
        length: 1...255
    ) { text in
        if let slash = text.firstIndex(of: "/") {
            return TextRule.dnsSubdomain.isSatisfied(by: String(text[..<slash]))
                && slash != text.utf8.indices.last
                && text[slash...].utf8.dropFirst().allSatisfy(\.isAlphanumeric)
        }
        return text.utf8.first?.isAlphanumeric == true && text.utf8.last?.isAlphanumeric == true
            && text.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
    }

    /// A kind of address of the API, or one with a domain in front.
    fileprivate static let addressType = TextRule(
        "IPAddress, Hostname, NamedAddress or example.net/name", length: 1...253
    ) { ["IPAddress", "Hostname", "NamedAddress"].contains($0) || isDomainPrefixedPath($0) }
}

// MARK: - Validation

extension Gateway.Listener {
    /// The fields fit the protocol.
    fileprivate func validate(_ reader: ObjectReader) {
        if [.http, .tcp, .udp].contains(self.protocol), tls != nil {
            reader.report(
                .conflict, at: "tls",
                "protocol \(self.protocol) has no TLS; remove tls, or set protocol: HTTPS or TLS")
        }
        if self.protocol == .https, tls?.mode == .passthrough {
            reader.report(
                .conflict, at: "tls.mode",
                "protocol HTTPS ends TLS here; set mode: Terminate, or protocol: TLS")
        }
        if self.protocol == .tls, !reader.has("tls") {
            reader.report(
                .missingField, at: "tls", "required for protocol TLS; add tls with a mode")
        }
        if [.tcp, .udp].contains(self.protocol), hostname != nil {
            reader.report(
                .conflict, at: "hostname",
                "protocol \(self.protocol) carries no host name; remove hostname")
        }
    }
}

extension Gateway {
    /// Names of listeners are unique, and so is port, protocol and hostname together.
    static func validateListeners(_ listeners: [Listener], _ reader: ObjectReader) {
        reader.requireUnique("listeners", listeners.map(\.name), field: "name")
        var seen: Set<String> = []
        for (index, listener) in listeners.enumerated() {
            let key = "\(listener.port) \(listener.protocol) \(listener.hostname ?? "")"
            guard !seen.insert(key).inserted else { continue }
            reader.report(
                .duplicate, at: "listeners[\(index)]",
                "port, protocol and hostname are those of a listener before; change one of them")
        }
    }

    fileprivate func validateAddresses(_ reader: ObjectReader) {
        var seen: Set<Address> = []
        for (index, address) in addresses.enumerated() where address.value != nil {
            guard address.type == .ipAddress || address.type == .hostname,
                !seen.insert(address).inserted
            else { continue }
            reader.report(
                .duplicate, at: "addresses[\(index)]", "this address stands twice; remove one")
        }
    }
}
