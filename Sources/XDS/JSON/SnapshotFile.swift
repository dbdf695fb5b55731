internal import CEnvoyAPI

/// Why a file of resources cannot be used.
public struct SnapshotFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// All that is wrong, in the order of the file; 100 at most. Each one's source is a path such as
    /// `resources[3].load_assignment.endpoints[0]`.
    public var errors: [XDSError]

    /// One line an error.
    public var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}

/// Reads resources from JSON: the form of a `DiscoveryResponse`, in which Envoy reads resources from
/// a file, too.
///
///     {"resources": [
///         {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "reviews"},
///         {"@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
///          "name": "ratings", "ttl": "30s",
///          "resource": {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster"}}
///     ]}
///
/// A resource's name is its own, or that of the `Resource` around it; its version is the hash of its
/// content, whatever `version` says; what else a `Resource` may say is refused. `version_info`,
/// `type_url`, `nonce`, `canary` and `control_plane` say how a response was sent and are skipped.
///
/// - Parameter json: The file.
/// - Parameter limits: How large it may be, and how deep.
/// - Throws: ``SnapshotFileError`` with all that is wrong.
///
/// Complexity: O(size).
public func snapshotResources(
    json: [UInt8], limits: DecodingLimits = .standard
) throws(SnapshotFileError) -> [EncodedResource] {
    let value: JSONValue
    do throws(XDSError) {
        value = try JSONValue(parsing: json, limits: limits)
    } catch {
        throw SnapshotFileError(errors: [error])
    }
    return try snapshotResources(json: value)
}

/// Reads resources from JSON that is parsed already, in the form of a `DiscoveryResponse`.
///
/// - Parameter json: The file.
/// - Throws: ``SnapshotFileError`` with all that is wrong.
///
/// Complexity: O(size).
public func snapshotResources(
    json: JSONValue
) throws(SnapshotFileError) -> [EncodedResource] {
    var file = SnapshotFile()
    file.read(json)
    guard file.builder.problems.isEmpty else {
        throw SnapshotFileError(errors: file.builder.problems)
    }
    return file.resources
}

private struct SnapshotFile {
    /// Members of a response that say how it was sent.
    private static let skipped: Set<String> = [
        "@type", "version_info", "versionInfo", "type_url", "typeUrl", "nonce", "canary",
        "control_plane", "controlPlane",
    ]

    var builder = MessageBuilder(arena: Arena())
    private(set) var resources: [EncodedResource] = []
    private var places: [ResourceReference: Int] = [:]

    init() {}

    mutating func read(_ json: JSONValue) {
        guard case .object(let members) = json, let list = members["resources"] else {
            return builder.refuse(.invalid, "expected an object with the member \"resources\"")
        }
        for member in members where member.name != "resources" {
            guard !Self.skipped.contains(member.name) else { continue }
            builder.inside(member.name) {
                $0.refuse(
                    .unknownField, "there is no such member; resources stand in \"resources\"")
            }
        }
        guard case .array(let elements) = list else {
            return builder.inside("resources") {
                $0.refuse(.invalid, "expected an array, found \(list.kind)")
            }
        }
        for (index, element) in elements.enumerated()
        where builder.problems.count < MessageBuilder.mostProblems {
            read(element, index)
        }
    }

    private mutating func read(_ json: JSONValue, _ index: Int) {
        // The memory of one resource at a time: a file may hold thousands.
        var one = builder.withArena(Arena())
        let resource = one.inside("resources[\(index)]") { $0.resource(json) }
        builder = one.withArena(builder.arena)
        guard let resource else { return }
        let key = ResourceReference(type: resource.type, name: resource.name)
        if let first = places.updateValue(index, forKey: key) {
            return builder.inside("resources[\(index)]") {
                $0.refuse(
                    .invalid,
                    "\(resource.type) \"\(resource.name)\" is there already, as resources[\(first)]; "
                        + "remove one of them")
            }
        }
        resources.append(resource)
    }
}

extension MessageBuilder {
    /// The same with another arena.
    fileprivate func withArena(_ arena: Arena) -> MessageBuilder {
        MessageBuilder(arena: arena, problems: problems)
    }

    /// One element of `resources`; nil after a problem.
    fileprivate mutating func resource(_ json: JSONValue) -> EncodedResource? {
        guard let any = anyMessage(json) else { return nil }
        let name = DescriptorTable.messageName(ofTypeURL: any.typeURL[...])
        guard name == DeltaResource.messageName else { return resource(any, name: nil, ttl: nil) }
        refuseUnserved(json)
        do throws(XDSError) {
            let wrapper = try DeltaResource(decoding: any.value)
            if let ttl = wrapper.ttl, ttl <= .zero {
                inside("ttl") { $0.refuse(.invalid, "a time to live is more than 0s") }
            }
            guard let wrapped = wrapper.resource else {
                inside("resource") { $0.refuse(.invalid, "the field is required; set it") }
                return nil
            }
            return inside("resource") {
                $0.resource(
                    wrapped, name: wrapper.name.isEmpty ? nil : wrapper.name, ttl: wrapper.ttl)
            }
        } catch {
            refuse(error.code, error.message)
            return nil
        }
    }

    /// What a `Resource` may say beside its resource and what would be lost: it is served under one
    /// name, with a time to live.
    private mutating func refuseUnserved(_ json: JSONValue) {
        guard case .object(let members) = json else { return }
        for member in members
        where ["aliases", "cache_control", "cacheControl", "metadata"].contains(member.name) {
            inside(member.name) { $0.refuse(.unsupported, "this is not served; remove it") }
        }
    }

    /// An `Any` with all it holds; nil after a problem.
    private mutating func anyMessage(_ json: JSONValue) -> AnyMessage? {
        let before = problemCount
        guard let descriptor = DescriptorTable.any, let message = message(json, descriptor),
            problemCount == before
        else { return nil }
        let any = message.assumingMemoryBound(to: Google__Protobuf__Any.self).pointee
        guard !String(any.type_url).isEmpty else {
            refuse(.invalid, "the resource is empty; give it its \"@type\"")
            return nil
        }
        return AnyMessage(typeURL: String(any.type_url), value: [UInt8](any.value))
    }

    private mutating func resource(
        _ any: AnyMessage, name: String?, ttl: Duration?
    ) -> EncodedResource? {
        let type = ResourceType(
            rawValue: ResourceType.prefix + DescriptorTable.messageName(ofTypeURL: any.typeURL[...])
        )
        guard let name = name ?? EncodedResource.resourceName(in: any.value, of: type) else {
            refuse(
                .invalid,
                "the resource has no name; set it, or put an envoy.service.discovery.v3.Resource "
                    + "with a name around it")
            return nil
        }
        return EncodedResource(type: type, name: name, message: any.value, ttl: ttl)
    }
}
