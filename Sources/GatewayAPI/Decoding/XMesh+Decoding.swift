extension XMesh: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(controllerName: reader.requiredString("controllerName", .controllerName))
        parametersRef = reader.object("parametersRef")
        description = reader.string("description", TextRule("text", length: 0...64))
    }
}
