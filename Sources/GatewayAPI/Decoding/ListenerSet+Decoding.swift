extension ListenerSet: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            parentRef: reader.requiredObject("parentRef"),
            listeners: reader.array("listeners", 1...64))
        Gateway.validateListeners(listeners, reader)
    }
}

extension ParentGatewayReference: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            name: reader.requiredString("name", .objectName),
            namespace: reader.string("namespace", .dnsLabel))
        group = reader.string("group", .group) ?? group
        kind = reader.string("kind", .kind) ?? kind
    }
}
