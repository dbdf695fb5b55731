/// `grpc.reflection.v1.ServerReflectionRequest`; the message of `v1alpha` has the same bytes.
public struct ServerReflectionRequest: Hashable, Sendable {
    /// `message_request`.
    public enum Query: Hashable, Sendable {
        /// The file of this name.
        case fileByFilename(String)
        /// The file that declares a message, enum, service or method.
        case fileContainingSymbol(String)
        /// The file that declares an extension.
        case fileContainingExtension(containingType: String, number: Int32)
        /// The numbers of all extensions of a message.
        case allExtensionNumbersOfType(String)
        /// The services; the text means nothing.
        case listServices(String)
    }
    /// The host that is asked.
    public var host: String
    /// The question; nil when the client asks one that this module does not know.
    public var query: Query?

    /// A request.
    public init(host: String = "", query: Query?) {
        self.host = host
        self.query = query
    }
}

/// `grpc.reflection.v1.ServerReflectionResponse`; the message of `v1alpha` has the same bytes.
public struct ServerReflectionResponse: Hashable, Sendable {
    /// `message_response`.
    public enum Answer: Hashable, Sendable {
        /// `google.protobuf.FileDescriptorProto`s in wire format.
        case fileDescriptors([[UInt8]])
        /// The numbers of all extensions of a message.
        case extensionNumbers(baseType: String, numbers: [Int32])
        /// The full names of the services.
        case services([String])
        /// A gRPC status code, and what is wrong.
        case error(code: Int32, message: String)
    }
    /// The host that answers.
    public var validHost: String
    /// The question.
    public var originalRequest: ServerReflectionRequest?
    /// The answer; nil when it is one that this module does not know.
    public var answer: Answer?

    /// A response.
    public init(
        validHost: String = "", originalRequest: ServerReflectionRequest?, answer: Answer?
    ) {
        self.validHost = validHost
        self.originalRequest = originalRequest
        self.answer = answer
    }
}
