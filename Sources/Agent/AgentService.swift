import Glibc
import AdminAPI
import DataPath
import Discovery
package import GRPC
package import Logging
import Routing
import ServiceLifecycle
import XDS

/// The agent: takes its gateway's configuration, and carries its traffic.
package struct AgentService: Service {
    /// What the operator decides.
    package struct Configuration: Sendable {
        /// The namespace of the Gateway.
        package var namespace: String
        /// The Gateway's name.
        package var gateway: String
        /// The instance's name; nil for the host's name and the process's number.
        package var instance: String?
        /// The control plane, `HOST:PORT`.
        package var xdsTarget = "127.0.0.1:15010"
        /// How the control plane is authenticated.
        package var credentials = GRPCChannelCredentials.insecure
        /// Where the admin pages are.
        package var adminHost = "127.0.0.1"
        /// The port of the admin pages; 0 for a free one.
        package var adminPort = 15021
        /// The directory of the last good snapshot; nil keeps none.
        package var stateDirectory: String?
        /// How many workers; nil for one a core.
        package var workers: Int?
        /// A file, `-` for standard output, or `off`.
        package var accessLog = "off"

        /// The defaults for a Gateway.
        package init(namespace: String, gateway: String) {
            self.namespace = namespace
            self.gateway = gateway
        }

        /// Who the agent is, for the control plane.
        var node: Node {
            let instance = instance ?? "\(Self.hostName).\(getpid())"
            return Node(
                id: "gateway~\(namespace)~\(gateway)~\(instance)",
                cluster: "\(namespace)/\(gateway)", userAgentName: "heddle-agent",
                userAgentVersion: heddleVersion,
                clientFeatures: [RouteForm.virtualHostsFeature])
        }

        private static var hostName: String {
            var buffer = [UInt8](repeating: 0, count: 256)
            let isKnown = buffer.withUnsafeMutableBytes { bytes in
                bytes.withMemoryRebound(to: CChar.self) { gethostname($0.baseAddress, $0.count) }
            }
            guard isKnown == 0 else { return "localhost" }
            return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
