// The routes that read nothing of what they forward, save a server name: TLSRoute, TCPRoute,
// UDPRoute. Version v1 has one rule, version v1alpha2 up to 16.

extension TLSRoute: ObjectReadable {
    init(_ reader: ObjectReader) {
        let takesAnyName = reader.context.version == "v1alpha2"
        self.init(
            hostnames: reader.strings(
                "hostnames", takesAnyName ? .hostname : .serverName, (takesAnyName ? 0 : 1)...1024),
            rules: forwardingRules(reader))
        parentRefs = reader.array("parentRefs", 0...32)
        useDefaultGateways = reader.choice("useDefaultGateways")
        validateParentRefs(parentRefs, reader)
    }
}

extension TCPRoute: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(rules: forwardingRules(reader))
        parentRefs = reader.array("parentRefs", 0...32)
        useDefaultGateways = reader.choice("useDefaultGateways")
        validateParentRefs(parentRefs, reader)
    }
}

extension UDPRoute: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(rules: forwardingRules(reader))
        parentRefs = reader.array("parentRefs", 0...32)
        useDefaultGateways = reader.choice("useDefaultGateways")
        validateParentRefs(parentRefs, reader)
    }
}

private func forwardingRules(_ reader: ObjectReader) -> [ForwardingRule] {
    let rules: [ForwardingRule] = reader.array(
        "rules", 1...(reader.context.version == "v1alpha2" ? 16 : 1))
    validateRuleNames(rules.map(\.name), reader)
    return rules
}

extension ForwardingRule: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(backendRefs: reader.array("backendRefs", 1...16))
        name = reader.string("name", .dnsSubdomain)
    }
}

extension BackendRef: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(backendRef: BackendObjectReference(reader))
        weight = reader.integer("weight", in: .weights) ?? weight
    }
}

extension TextRule {
    /// A name that a client can ask for: RFC 6066 §3 has no addresses.
    fileprivate static let serverName = TextRule(
        "a host name, not an address, with \"*.\" in front or not", length: 1...253
    ) { isWildcardHostname($0) && !isIPAddress($0) }
}
