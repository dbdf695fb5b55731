import Discovery
import GRPC
import Testing
import XDS

/// The methods of the aggregated service.
enum Method {
    static let delta =
        "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
    static let sotw =
        "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
}

/// Messages of the protocol on a call.
extension GRPCClientCall {
    func send(_ request: DeltaDiscoveryRequest) async throws {
        try await send(GRPCMessage(copying: request.encoded()))
    }

    func send(_ request: DiscoveryRequest) async throws {
        try await send(GRPCMessage(copying: request.encoded()))
    }

    func delta() async throws -> DeltaDiscoveryResponse {
        let message = try #require(try await receive())
        return try DeltaDiscoveryResponse(decoding: message.bytes)
    }

    func sotw() async throws -> DiscoveryResponse {
        let message = try #require(try await receive())
        return try DiscoveryResponse(decoding: message.bytes)
    }

    /// The next response, acknowledged.
    func acknowledgedDelta() async throws -> DeltaDiscoveryResponse {
        let response = try await delta()
        try await send(DeltaDiscoveryRequest(type: response.type, responseNonce: response.nonce))
        return response
    }
}

/// How a call ends that ought to end.
func status(of body: () async throws -> Void) async -> GRPCStatus? {
    do {
        try await body()
        return nil
    } catch let status as GRPCStatus {
        return status
    } catch {
        return GRPCStatus(.unknown, "\(error)")
    }
}
