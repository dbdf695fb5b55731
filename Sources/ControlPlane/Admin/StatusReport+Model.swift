import AdminAPI
import GatewayAPI

extension StatusReport.Object {
    /// An object's status as the admin port tells it.
    init(_ reference: ObjectReference, _ status: ObjectStatus, location: SourceLocation?) {
        let parents = status.parents.map { parent in
            let port = parent.parentRef.port.map { ":\($0)" } ?? ""
            let section = parent.parentRef.sectionName.map { " \($0)" } ?? ""
            return StatusReport.Part(
                name: "\(parent.parentRef.kind) \(parent.parentRef.name)\(port)\(section)",
                conditions: parent.conditions.map(StatusReport.Condition.init))
        }
        let listeners = status.listeners.map { listener in
            StatusReport.Part(
                name: "listener \(listener.name)",
                conditions: listener.conditions.map(StatusReport.Condition.init),
                attachedRoutes: listener.attachedRoutes)
        }
        self.init(
            kind: reference.kind, namespace: reference.namespace, name: reference.name,
            location: location?.description,
            conditions: status.conditions.map(StatusReport.Condition.init),
            parts: parents + listeners)
    }
}

extension StatusReport.Condition {
    init(_ condition: Condition) {
        self.init(
            type: condition.type.rawValue, status: condition.status.rawValue,
            reason: condition.reason.rawValue, message: condition.message)
    }
}
