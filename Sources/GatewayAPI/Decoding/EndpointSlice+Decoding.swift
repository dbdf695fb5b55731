extension EndpointSlice: ObjectReadable {
    /// Reads the fields of the object itself: a slice has no `spec`.
    init(_ reader: ObjectReader) {
        self.init(addressType: reader.requiredChoice("addressType"))
        endpoints = reader.array("endpoints", 0...1000)
        ports = reader.array("ports", 0...20_000)
        reader.requireUnique("ports", ports.map(\.name), field: "name")
        validateAddresses(reader)
    }

    private func validateAddresses(_ reader: ObjectReader) {
        for (index, endpoint) in endpoints.enumerated() {
            for (addressIndex, address) in endpoint.addresses.enumerated() {
                let isValid =
                    switch addressType {
                    case .ipv4: isIPv4Address(address)
                    case .ipv6: isIPv6Address(address)
                    case .fqdn: TextRule.dnsSubdomain.isSatisfied(by: address)
                    case .unknown: true
                    }
                guard !isValid else { continue }
                reader.report(
                    .invalidFormat, at: "endpoints[\(index)].addresses[\(addressIndex)]",
                    "expected an address of type \(addressType), found \(quoted(address))")
            }
        }
    }
}

extension EndpointSlice.Endpoint: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(addresses: reader.strings("addresses", .nonEmpty, 1...100))
        conditions = reader.object("conditions") ?? conditions
        hostname = reader.string("hostname", .dnsLabel)
        let target: EndpointTarget? = reader.object("targetRef")
        targetRef = target?.reference
        nodeName = reader.string("nodeName")
        zone = reader.string("zone")
        reader.ignore("deprecatedTopology", "hints")
    }
}

extension EndpointSlice.Conditions: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        ready = reader.bool("ready")
        serving = reader.bool("serving")
        terminating = reader.bool("terminating")
    }
}

extension EndpointSlice.Port: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        name = reader.string("name") ?? name
        `protocol` = reader.choice("protocol") ?? `protocol`
        port = reader.integer("port", in: .ports)
        appProtocol = reader.string("appProtocol")
    }
}

/// The object behind an endpoint, as Kubernetes spells references to any object.
private struct EndpointTarget: ObjectReadable {
    var reference: ObjectReference

    init(_ reader: ObjectReader) {
        let version = reader.string("apiVersion") ?? "v1"
        reference = ObjectReference(
            group: version.contains("/") ? String(version.prefix { $0 != "/" }) : "",
            kind: reader.string("kind") ?? "", namespace: reader.string("namespace") ?? "",
            name: reader.string("name") ?? "")
        reader.ignore("uid", "resourceVersion", "fieldPath")
    }
}
