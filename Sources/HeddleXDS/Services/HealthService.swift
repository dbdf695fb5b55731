import GRPC
import XDS

/// gRPC's health service: of the server as a whole, and of each of its services by name.
///
/// Source: `grpc.health.v1.Health`, "GRPC Health Checking Protocol".
struct HealthService: Sendable {
    private static let name = ServedServices.health.fullName

    /// The full names of the services that are served.
    let services: Set<String>
    let serving: ServingState

    /// The methods by path, for a server.
    var handlers: [String: GRPCServer.Handler] {
        [
            "/\(Self.name)/Check": { call in try await check(call) },
            "/\(Self.name)/List": { call in try await list(call) },
            "/\(Self.name)/Watch": { call in try await watch(call) },
        ]
    }

    private var status: HealthCheckResponse.ServingStatus {
        serving.isServing ? .serving : .notServing
    }

    private func isKnown(_ service: String) -> Bool {
        service.isEmpty || services.contains(service)
    }

    private func check(_ call: GRPCServerCall) async throws {
        let request = try await call.request(as: HealthCheckRequest.self)
        guard isKnown(request.service) else {
            throw GRPCStatus(.notFound, "no service \(request.service)")
        }
        try await call.respond(HealthCheckResponse(status: status))
    }

    private func list(_ call: GRPCServerCall) async throws {
        _ = try await call.request(as: HealthListRequest.self)
        let names = services.union([""])
        let statuses = names.map { ($0, HealthCheckResponse(status: status)) }
        try await call.respond(
            HealthListResponse(statuses: Dictionary(uniqueKeysWithValues: statuses)))
    }

    /// Tells of the state, and of the end. A service that is not known may become known, so its
    /// watch stays open.
    private func watch(_ call: GRPCServerCall) async throws {
        let request = try await call.request(as: HealthCheckRequest.self)
        let status = isKnown(request.service) ? status : .serviceUnknown
        try await call.respond(HealthCheckResponse(status: status))
        guard serving.isServing else { return }
        await serving.waitForEnd()
        if isKnown(request.service) {
            try await call.respond(HealthCheckResponse(status: .notServing))
        }
    }
}

extension GRPCServerCall {
    /// The only message of a call with one request.
    ///
    /// - Throws: `invalidArgument` where there is none, or the bytes are none of its kind.
    func request<Message: WireMessage>(as type: Message.Type) async throws -> Message {
        guard let message = try await receive() else {
            throw GRPCStatus(.invalidArgument, "the call has no request")
        }
        return try message.decoded(as: type)
    }

    /// Sends a message.
    func respond(_ message: some WireMessage) async throws {
        try await send(GRPCMessage(copying: message.encoded()))
    }
}

extension GRPCMessage {
    /// - Throws: `invalidArgument` where the bytes are none of the message's kind.
    func decoded<Message: WireMessage>(as type: Message.Type) throws(GRPCStatus) -> Message {
        let result: Result<Message, any Error> = withUnsafeBytes { bytes in
            Result { try Message(decoding: bytes) }
        }
        switch result {
        case .success(let message): return message
        case .failure(let error): throw GRPCStatus(.invalidArgument, "\(error)")
        }
    }
}
