import GatewayAPI
import Logging
import Synchronization

/// Where objects were read, and what is wrong with the manifests.
final class ManifestIndex: Sendable {
    private struct State {
        var locations: [ObjectReference: SourceLocation] = [:]
        var diagnostics: [Diagnostic] = []
    }

    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Takes note of an update, and logs what is newly wrong.
    func apply(_ update: ResourceUpdate) {
        let known = state.withLock { state in
            for resource in update.upserted + update.relocated {
                state.locations[resource.reference] = resource.location
            }
            for reference in update.removed { state.locations[reference] = nil }
            defer { state.diagnostics = update.diagnostics }
            return Set(state.diagnostics)
        }
        for diagnostic in update.diagnostics where !known.contains(diagnostic) {
            switch diagnostic.severity {
            case .error:
                logger.error("manifest refused", metadata: ["problem": "\(diagnostic)"])
            case .warning:
                logger.warning("manifest questionable", metadata: ["problem": "\(diagnostic)"])
            }
        }
    }

    /// Where an object begins; nil where it did not come from a file.
    func location(of reference: ObjectReference) -> SourceLocation? {
        state.withLock { $0.locations[reference] }
    }

    /// All that is wrong now.
    var diagnostics: [Diagnostic] {
        state.withLock { $0.diagnostics }
    }
}
