import Discovery
import Synchronization
import XDS

/// What the agent's other parts may know of the keeper, at any time and from any thread.
final class AgentState: Sendable {
    /// All accepted resources.
    typealias Resources = [ResourceType: [String: DeltaClientStream.Entry]]

    private struct Content {
        var resources: Resources = [:]
        var installs = 0
        var isConnected = false
    }

    private let content = Mutex(Content())

    /// Whether a whole configuration has been installed.
    var isReady: Bool { content.withLock { $0.installs > 0 } }

    /// How many tables have been installed.
    var installs: Int { content.withLock { $0.installs } }

    /// Whether a discovery stream is open and has been answered.
    var isConnected: Bool { content.withLock { $0.isConnected } }

    /// The resources of the last install.
    var resources: Resources { content.withLock { $0.resources } }

    /// Notes an install.
    func installed(_ resources: Resources) {
        content.withLock { content in
            content.resources = resources
            content.installs += 1
        }
    }

    /// Notes that the control plane answers, or has gone.
    func connection(isOpen: Bool) {
        content.withLock { $0.isConnected = isOpen }
    }
}
