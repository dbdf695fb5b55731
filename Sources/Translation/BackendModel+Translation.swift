import GatewayAPI
import HeddlePlugin
import XDS

extension BackendModel {
    /// Translates a Service, or what a plugin knows; nil for anything else.
    init?(_ resource: Resource, plugins: PluginRegistry, context: TranslationContext) {
        let reference = resource.reference
        let translation: BackendTranslation
        var domains: [Int: (all: [String], short: [String])] = [:]
        if let service = resource.content as? Service {
            translation = BackendTranslation(ports: ServiceTranslation.ports(reference, service))
            domains = ServiceTranslation.domains(
                of: service, reference, clusterDomain: context.clusterDomain)
        } else if let plugin = plugins.backend(reference.groupKind) {
            translation = plugin.translate(resource, context: context)
        } else {
            return nil
        }
        let ports = translation.ports.map { port in
            var port = port
            PolicyAttachment.apply(
                to: &port.traits, of: reference, section: port.name, plugins: plugins,
                context: context)
            let hosts = port.isUDP ? nil : domains[port.number]
            return Port(
                translation: port, cluster: Self.cluster(port), domains: hosts?.all ?? [],
                shortDomains: hosts?.short ?? [])
        }
        self.init(reference: reference, ports: ports, notAccepted: translation.notAccepted)
    }

    private static func cluster(_ port: BackendTranslation.Port) -> XDS.Cluster {
        XDS.Cluster(
            name: port.cluster, connectTimeout: .seconds(5),
            usesHTTP2: port.traits.applicationProtocol == .http2)
    }
}
