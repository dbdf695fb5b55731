import XDS

/// The services of a discovery server, as server reflection describes them.
///
/// Source: the published proto files that each names.
enum ServedServices {
    /// The services of each type.
    struct TypeService {
        /// The type that the service serves.
        var type: ResourceType
        /// The method by state of the world; nil where there is none.
        var stream: String?
        /// The incremental method.
        var delta: String
        var description: ServiceDescription
    }

    /// All types over one stream.
    static let aggregated = ServiceDescription(
        fullName: "envoy.service.discovery.v3.AggregatedDiscoveryService",
        methods: [sotw("StreamAggregatedResources"), delta("DeltaAggregatedResources")],
        file: "envoy/service/discovery/v3/ads.proto")

    /// A service for each type.
    static let singles: [TypeService] = [
        single(.listener, "listener.v3.ListenerDiscoveryService", "Listeners", "lds"),
        single(.routeConfiguration, "route.v3.RouteDiscoveryService", "Routes", "rds"),
        single(
            .virtualHost, "route.v3.VirtualHostDiscoveryService", "VirtualHosts", "rds",
            isDeltaOnly: true),
        single(.cluster, "cluster.v3.ClusterDiscoveryService", "Clusters", "cds"),
        single(.endpoints, "endpoint.v3.EndpointDiscoveryService", "Endpoints", "eds"),
        single(.secret, "secret.v3.SecretDiscoveryService", "Secrets", "sds"),
    ]

    /// What each client has.
    static let clientStatus = ServiceDescription(
        fullName: "envoy.service.status.v3.ClientStatusDiscoveryService",
        methods: ["FetchClientStatus", "StreamClientStatus"].map { name in
            let streams = name.hasPrefix("Stream")
            return ServiceDescription.Method(
                name: name, inputType: "envoy.service.status.v3.ClientStatusRequest",
                outputType: "envoy.service.status.v3.ClientStatusResponse",
                clientStreaming: streams, serverStreaming: streams)
        }, file: "envoy/service/status/v3/csds.proto")

    /// Whether the server serves.
    static let health = ServiceDescription(
        fullName: "grpc.health.v1.Health",
        methods: [
            .init(
                name: "Check", inputType: "grpc.health.v1.HealthCheckRequest",
                outputType: "grpc.health.v1.HealthCheckResponse"),
            .init(
                name: "List", inputType: "grpc.health.v1.HealthListRequest",
                outputType: "grpc.health.v1.HealthListResponse"),
            .init(
                name: "Watch", inputType: "grpc.health.v1.HealthCheckRequest",
                outputType: "grpc.health.v1.HealthCheckResponse", serverStreaming: true),
        ], file: "grpc/health/v1/health.proto")

    /// What there is to call.
    static let reflection = ServiceDescription(
        fullName: "grpc.reflection.v1.ServerReflection",
        methods: [
            .init(
                name: "ServerReflectionInfo",
                inputType: "grpc.reflection.v1.ServerReflectionRequest",
                outputType: "grpc.reflection.v1.ServerReflectionResponse", clientStreaming: true,
                serverStreaming: true)
        ], file: "grpc/reflection/v1/reflection.proto")

    /// All of them.
    static let all = [aggregated] + singles.map(\.description) + [clientStatus, health, reflection]

    private static func single(
        _ type: ResourceType, _ name: String, _ resources: String, _ file: String,
        isDeltaOnly: Bool = false
    ) -> TypeService {
        let stream = isDeltaOnly ? nil : "Stream\(resources)"
        let folder = name.split(separator: ".")[0]
        return TypeService(
            type: type, stream: stream, delta: "Delta\(resources)",
            description: ServiceDescription(
                fullName: "envoy.service.\(name)",
                methods: (stream.map { [sotw($0)] } ?? []) + [delta("Delta\(resources)")],
                file: "envoy/service/\(folder)/v3/\(file).proto"))
    }

    private static func sotw(_ name: String) -> ServiceDescription.Method {
        .init(
            name: name, inputType: "envoy.service.discovery.v3.DiscoveryRequest",
            outputType: "envoy.service.discovery.v3.DiscoveryResponse", clientStreaming: true,
            serverStreaming: true)
    }

    private static func delta(_ name: String) -> ServiceDescription.Method {
        .init(
            name: name, inputType: "envoy.service.discovery.v3.DeltaDiscoveryRequest",
            outputType: "envoy.service.discovery.v3.DeltaDiscoveryResponse",
            clientStreaming: true, serverStreaming: true)
    }
}
