/// A workload that is not a Pod: a plain process on a plain machine, as an endpoint.
public struct WorkloadEntry: TypedContent {
    /// The IP address or DNS name; nil when only the network's gateway reaches it.
    public var address: String?
    /// The workload's ports by name of the Service's port; a name that is absent means the target port.
    public var ports: [String: Int] = [:]
    /// Labels, which a Service's selector matches, together with those of the metadata.
    public var labels: [String: String] = [:]
    /// The network it is in.
    public var network: String?
    /// Where it is, as in `region/zone/subzone`.
    public var locality: String?
    /// Its share of the Service's requests; nil means 1.
    public var weight: Int?
    /// The service account it runs as.
    public var serviceAccount: String?

    /// Makes one with the API's defaults.
    public init() {}

    /// `WorkloadEntry`.
    public static var groupKind: GroupKind { .workloadEntry }
}
