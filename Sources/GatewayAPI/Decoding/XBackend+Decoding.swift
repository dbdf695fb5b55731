extension XBackend: ObjectReadable {
    init(_ reader: ObjectReader) {
        let port: BackendPort = reader.requiredObject("port")
        self.init(type: reader.requiredChoice("type"), port: port.port)
        portName = port.name
        let host: ExternalHostname? = reader.object("externalHostname")
        externalHostname = host?.hostname
        self.protocol = reader.choice("protocol")
        tls = reader.object("tls")
        reader.requireUnion(of: type, [(.externalHostname, "externalHostname")])
    }
}

/// The port, which later versions of the API spell `number`.
private struct BackendPort: ObjectReadable {
    var port: Int
    var name: String?

    init(_ reader: ObjectReader) {
        port =
            reader.has("number")
            ? reader.requiredInteger("number", in: .ports)
            : reader.requiredInteger("port", in: .ports)
        let name = reader.string("name", .optionalLabel)
        self.name = name?.isEmpty ?? true ? nil : name
    }
}

private struct ExternalHostname: ObjectReadable {
    var hostname: String

    init(_ reader: ObjectReader) {
        hostname = reader.requiredString("hostname", .externalHostname)
    }
}

extension XBackend.TLS: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(mode: reader.requiredChoice("mode"))
        let reference: SecretReference? = reader.object("clientCertificateRef")
        clientCertificateRef = reference?.reference
        validation = reader.object("validation")
        reader.requireUnion(of: mode, named: "mode", [(.clientAndServer, "clientCertificateRef")])
    }
}

extension TextRule {
    /// RFC 1123: a name without dots, or none.
    fileprivate static let optionalLabel = TextRule(
        "a name of lower case letters, digits and '-'", length: 0...63
    ) { $0.isEmpty || TextRule.dnsLabel.isSatisfied(by: $0) }

    /// A host that is none of the cluster's own: those are Services, which grants protect.
    fileprivate static let externalHostname = TextRule(
        "a host name outside of the cluster, neither an address nor one that ends with "
            + ".cluster.local", length: 1...253
    ) {
        TextRule.preciseHostname.isSatisfied(by: $0) && !$0.hasSuffix(".cluster.local")
            && !isIPAddress($0)
    }
}
