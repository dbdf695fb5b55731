import BackendTLSPolicyPlugin
import GRPCRoutePlugin
import HTTPRoutePlugin
public import HeddlePlugin
import TCPRoutePlugin
import TLSRoutePlugin
import UDPRoutePlugin
import XBackendPlugin
import XBackendTrafficPolicyPlugin

/// The plugins that come with Heddle: the only place that lists them.
public enum BuiltIn {
    /// One of each.
    public static var plugins: [any Plugin] {
        [
            HTTPRouteTranslator(), GRPCRouteTranslator(), TLSRouteTranslator(),
            TCPRouteTranslator(),
            UDPRouteTranslator(), BackendTLSPolicyTranslator(), XBackendTranslator(),
            XBackendTrafficPolicyTranslator(),
        ]
    }
}
