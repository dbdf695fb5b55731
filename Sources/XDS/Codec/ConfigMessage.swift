internal import CEnvoyAPI

/// The typed configuration of an extension: it stands in an `Any` inside the message that uses it.
protocol ConfigMessage: CRepresentable {
    /// The message's full name.
    static var messageName: String { get }
}

extension AnyMessage {
    /// Packs a configuration.
    init<Config: ConfigMessage>(config: Config) {
        self.init(
            typeURL: ResourceType.prefix + Config.messageName,
            value: PackableMessage(config).bytes())
    }

    /// The configuration of an extension that has nothing to say but that it is there.
    init(emptyConfig messageName: String) {
        self.init(typeURL: ResourceType.prefix + messageName)
    }
}

extension Google__Protobuf__Any {
    /// The full name of the message that is packed.
    var messageName: String { DescriptorTable.messageName(ofTypeURL: String(type_url)[...]) }

    /// The type URL names this message.
    func holds(_ type: (some WireMessage).Type) -> Bool { messageName == type.messageName }

    /// The type URL names this message.
    func holds(_ type: (some ConfigMessage).Type) -> Bool { messageName == type.messageName }
}

extension XDSError {
    /// An `Any` of a type that its place does not take.
    static func unknownType(_ url: String) -> XDSError {
        XDSError(.unknownType, "the type \(url) is not supported here", at: "type_url")
    }

    /// A number or a text that its field cannot have.
    static func invalid(_ problem: String, at field: String) -> XDSError {
        XDSError(.invalid, problem, at: field)
    }
}
