using Microsoft.Extensions.DependencyInjection;

namespace SggLab.Tracking;

public static class TrackingModule
{
    /// <summary>Registers the store, commands, queries and live feed. Add <c>UseSggLabTracking</c> on the host builder for the message bus.</summary>
    /// <param name="home">State folder; blobs lie under it.</param>
    public static IServiceCollection AddSggLabTracking(this IServiceCollection services, string connectionString, string home) => throw new NotImplementedException();
}
