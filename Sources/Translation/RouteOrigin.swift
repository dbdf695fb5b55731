import GatewayAPI
import XDS

/// Where an xDS route came from; travels in its standard metadata, so that `explain` needs no
/// second source.
struct RouteOrigin {
    /// The key in `metadata.filter_metadata`.
    static let metadataKey = "heddle.origin"

    /// `kind`, `namespace`, `name`, `rule`, and `file` and `line` where the object has them.
    let fields: [String: XDS.Value]

    init(_ resource: Resource, rule: Int) {
        var fields: [String: XDS.Value] = [
            "kind": .string(resource.reference.kind),
            "namespace": .string(resource.reference.namespace),
            "name": .string(resource.reference.name),
            "rule": .number(Double(rule)),
        ]
        if let location = resource.location(of: "spec.rules[\(rule)]") {
            fields["file"] = .string(location.file)
            fields["line"] = .number(Double(location.line))
        }
        self.fields = fields
    }
}
