extension WorkloadEntry: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        address = reader.string("address", TextRule("an address", length: 0...256))
        ports = reader.integerMap("ports", in: .ports)
        labels = reader.stringMap("labels", keys: .labelKey, values: .labelValue)
        network = reader.string("network")
        locality = reader.string("locality")
        weight = reader.integer("weight", in: 0...Int(UInt32.max))
        serviceAccount = reader.string("serviceAccount")
        validateAddress(reader)
    }

    private func validateAddress(_ reader: ObjectReader) {
        guard let address, !address.isEmpty else {
            if network?.isEmpty ?? true {
                reader.report(
                    .missingField, at: "address",
                    "required field is missing; add an IP address or a DNS name")
            }
            return
        }
        if address.hasPrefix("unix://") {
            if !ports.isEmpty {
                reader.report(
                    .conflict, at: "ports", "a UNIX socket has no ports; remove them")
            }
        } else if !isIPAddress(address), !TextRule.dnsSubdomain.isSatisfied(by: address) {
            reader.report(
                .invalidFormat, at: "address",
                "expected an IP address or a DNS name without a port, found \(quoted(address))")
        }
    }
}
