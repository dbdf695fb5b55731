extension Condition {
    /// The condition as the API spells it. A time or generation that is not known is left out,
    /// although the API requires the time: whoever stores the status fills it in.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "type": .string(type.rawValue), "status": .string(status.rawValue),
            "reason": .string(reason.rawValue), "message": .string(message),
        ]
        members["observedGeneration"] = observedGeneration.map(JSONValue.integer)
        members["lastTransitionTime"] = lastTransitionTime.map(JSONValue.string)
        return .object(members)
    }
}

extension ParentReference {
    /// The reference as the API spells it, defaults written out.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "group": .string(group), "kind": .string(kind), "name": .string(name),
        ]
        members["namespace"] = namespace.map(JSONValue.string)
        members["sectionName"] = sectionName.map(JSONValue.string)
        members["port"] = port.map(JSONValue.integer)
        return .object(members)
    }
}

extension RouteParentStatus {
    /// The entry as the API spells it.
    public var json: JSONValue {
        [
            "parentRef": parentRef.json, "controllerName": .string(controllerName),
            "conditions": .array(conditions.map(\.json)),
        ]
    }
}

extension ListenerStatus {
    /// The entry as the API spells it.
    public var json: JSONValue {
        let kinds = supportedKinds.map { kind -> JSONValue in
            ["group": .string(kind.group), "kind": .string(kind.kind)]
        }
        return [
            "name": .string(name), "attachedRoutes": .integer(attachedRoutes),
            "supportedKinds": .array(kinds), "conditions": .array(conditions.map(\.json)),
        ]
    }
}

extension ObjectStatus {
    /// The status as the API spells it; what is empty is left out.
    public var json: JSONValue {
        var members: [String: JSONValue] = [:]
        func set(_ key: String, _ values: [JSONValue]) {
            if !values.isEmpty { members[key] = .array(values) }
        }
        set("conditions", conditions.map(\.json))
        set("parents", parents.map(\.json))
        set("listeners", listeners.map(\.json))
        set(
            "addresses",
            addresses.map { address in
                [
                    "type": .string(address.type.rawValue),
                    "value": address.value.map(JSONValue.string) ?? .null,
                ]
            })
        return .object(members)
    }
}
