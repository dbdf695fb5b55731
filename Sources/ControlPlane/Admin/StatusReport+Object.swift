import AdminAPI
import GatewayAPI

extension StatusReport.Object {
    /// An object's status, of all who write it, as the admin port tells it.
    init(_ reference: ObjectReference, status: JSONValue, location: SourceLocation?) {
        let parents = Self.parts(status["parents"], reference: "parentRef")
        let ancestors = Self.parts(status["ancestors"], reference: "ancestorRef")
        let listeners = (status["listeners"]?.array ?? []).map { listener in
            StatusReport.Part(
                name: "listener \(listener["name"]?.string ?? "")",
                conditions: Self.conditions(listener["conditions"]),
                attachedRoutes: listener["attachedRoutes"]?.integer)
        }
        self.init(
            kind: reference.kind, namespace: reference.namespace, name: reference.name,
            location: location?.description,
            conditions: Self.conditions(status["conditions"]),
            parts: parents + ancestors + listeners,
            addresses: status["addresses"]?.array?.compactMap { $0["value"]?.string })
    }

    private static func parts(_ entries: JSONValue?, reference key: String) -> [StatusReport.Part] {
        (entries?.array ?? []).map { entry in
            let name = entry[key].flatMap(ParentReference.init(json:)).map(Self.name) ?? ""
            return StatusReport.Part(
                name: name, conditions: conditions(entry["conditions"]),
                controller: entry["controllerName"]?.string)
        }
    }

    private static func name(of reference: ParentReference) -> String {
        let port = reference.port.map { ":\($0)" } ?? ""
        let section = reference.sectionName.map { " \($0)" } ?? ""
        return "\(reference.kind) \(reference.name)\(port)\(section)"
    }

    private static func conditions(_ list: JSONValue?) -> [StatusReport.Condition] {
        (list?.array ?? []).compactMap(Condition.init(json:)).map {
            StatusReport.Condition(
                type: $0.type.rawValue, status: $0.status.rawValue, reason: $0.reason.rawValue,
                message: $0.message, observedGeneration: $0.observedGeneration,
                lastTransitionTime: $0.lastTransitionTime)
        }
    }
}
