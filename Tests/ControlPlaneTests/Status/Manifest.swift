import Foundation
import GatewayAPI

/// Objects for tests.
enum Manifest {
    /// A manifest that cannot be read.
    struct Unreadable: Error {
        var diagnostics: [Diagnostic]
    }

    /// The objects of a manifest.
    static func objects(_ yaml: String) throws -> [Resource] {
        let decoded = GatewayAPI.ManifestDecoder.decode(Data(yaml.utf8), file: "in.yaml")
        if decoded.hasErrors { throw Unreadable(diagnostics: decoded.diagnostics) }
        return decoded.resources
    }

    /// A Gateway of a class with an HTTP listener.
    static func gateway(_ name: String = "edge", class className: String = "heddle") -> String {
        """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: \(name), namespace: shop}
        spec:
          gatewayClassName: \(className)
          listeners: [{name: http, port: 8080, protocol: HTTP}]

        """
    }

    /// A Service with one endpoint.
    static func service(_ name: String = "web", address: String = "10.1.0.1") -> String {
        """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: \(name), namespace: shop}
        spec: {ports: [{name: http, port: 80}]}

        """ + slice(name, address: address)
    }

    /// The EndpointSlice of a Service.
    static func slice(_ service: String = "web", address: String) -> String {
        """
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: \(service)-1
          namespace: shop
          labels: {kubernetes.io/service-name: \(service)}
        addressType: IPv4
        ports: [{name: http, port: 8000}]
        endpoints: [{addresses: ["\(address)"], conditions: {ready: true}}]

        """
    }

    /// An HTTPRoute of a Gateway to a Service.
    static func route(
        _ name: String, host: String? = nil, gateway: String = "edge", to service: String = "web"
    ) -> String {
        """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: \(name), namespace: shop}
        spec:
          parentRefs: [{name: \(gateway)}]
          hostnames: ["\(host ?? name + ".example.com")"]
          rules: [{backendRefs: [{name: \(service), port: 80}]}]

        """
    }
}
