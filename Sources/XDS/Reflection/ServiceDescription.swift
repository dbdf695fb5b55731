/// A gRPC service, for server reflection.
public struct ServiceDescription: Hashable, Sendable {
    /// A method of a service.
    public struct Method: Hashable, Sendable {
        /// The method's name, such as `StreamAggregatedResources`.
        public var name: String
        /// The full name of the message it takes.
        public var inputType: String
        /// The full name of the message it answers.
        public var outputType: String
        /// The client sends a stream.
        public var clientStreaming: Bool
        /// The server sends a stream.
        public var serverStreaming: Bool

        /// A method.
        public init(
            name: String, inputType: String, outputType: String, clientStreaming: Bool = false,
            serverStreaming: Bool = false
        ) {
            self.name = name
            self.inputType = inputType
            self.outputType = outputType
            self.clientStreaming = clientStreaming
            self.serverStreaming = serverStreaming
        }
    }

    /// The service's full name, such as `envoy.service.discovery.v3.AggregatedDiscoveryService`.
    public var fullName: String
    /// The methods.
    public var methods: [Method]
    /// The proto file that declares it, such as `envoy/service/discovery/v3/ads.proto`.
    public var file: String

    /// A service.
    ///
    /// - Parameter file: The proto file that declares it; nil for one of its own, named after it.
    public init(fullName: String, methods: [Method], file: String? = nil) {
        self.fullName = fullName
        self.methods = methods
        self.file = file ?? fullName.split(separator: ".").joined(separator: "/") + ".proto"
    }
}

/// A proto file with what a client must know to call the services of a server.
public struct DescriptorFile: Hashable, Sendable {
    /// The file's name, such as `envoy/config/cluster/v3/cluster.proto`.
    public var name: String
    /// The files it imports.
    public var dependencies: [String]
    /// The full names of the messages, enums, services and methods (`SERVICE.METHOD`) it declares.
    public var symbols: [String]
    /// `google.protobuf.FileDescriptorProto` in wire format.
    public var encoded: [UInt8]
}
