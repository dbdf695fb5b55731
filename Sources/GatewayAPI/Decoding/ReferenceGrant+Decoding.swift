extension ReferenceGrant: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(from: reader.array("from", 1...16), to: reader.array("to", 1...16))
    }
}

extension ReferenceGrant.From: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            group: reader.requiredString("group", .group),
            kind: reader.requiredString("kind", .kind),
            namespace: reader.requiredString("namespace", .dnsLabel))
    }
}

extension ReferenceGrant.To: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            group: reader.requiredString("group", .group),
            kind: reader.requiredString("kind", .kind))
        name = reader.string("name", .objectName)
    }
}
