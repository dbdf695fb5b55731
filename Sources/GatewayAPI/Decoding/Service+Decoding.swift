extension Service: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        type = reader.choice("type") ?? type
        ports = reader.array("ports")
        selector = reader.stringMap("selector", keys: .labelKey, values: .labelValue)
        clusterIP = reader.string("clusterIP")
        clusterIPs = reader.strings("clusterIPs", .text, 0...2)
        externalName = reader.string("externalName")
        publishNotReadyAddresses = reader.bool("publishNotReadyAddresses") ?? false
        reader.ignore(
            "sessionAffinity", "sessionAffinityConfig", "loadBalancerIP",
            "loadBalancerSourceRanges", "externalIPs", "externalTrafficPolicy",
            "internalTrafficPolicy", "healthCheckNodePort", "ipFamilies", "ipFamilyPolicy",
            "allocateLoadBalancerNodePorts", "loadBalancerClass", "trafficDistribution")
        validate(reader)
    }

    private func validate(_ reader: ObjectReader) {
        if type == .externalName, externalName?.isEmpty ?? true {
            reader.report(
                .missingField, at: "externalName", "required for type ExternalName; add a DNS name")
        }
        if type != .externalName, clusterIP != "None", !reader.has("ports") {
            reader.report(.missingField, at: "ports", "required field is missing; add a port")
        }
        if ports.count > 1 {
            for (index, port) in ports.enumerated() where port.name?.isEmpty ?? true {
                reader.report(
                    .missingField, at: "ports[\(index)].name",
                    "required when there are several ports; add a name")
            }
        }
        var names: Set<String> = []
        var numbers: Set<String> = []
        for (index, port) in ports.enumerated() {
            if let name = port.name, !names.insert(name).inserted {
                reader.report(
                    .duplicate, at: "ports[\(index)].name",
                    "\(quoted(name)) is the name of a port before; give each its own")
            }
            if !numbers.insert("\(port.port) \(port.protocol)").inserted {
                reader.report(
                    .duplicate, at: "ports[\(index)].port",
                    "port \(port.port) with \(port.protocol) stands twice; remove one")
            }
        }
    }
}

extension Service.Port: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(port: reader.requiredInteger("port", in: .ports))
        name = reader.string("name", .dnsLabel)
        `protocol` = reader.choice("protocol") ?? `protocol`
        appProtocol = reader.string("appProtocol")
        targetPort = reader.portReference("targetPort")
        nodePort = reader.integer("nodePort", in: 0...65_535)
    }
}
