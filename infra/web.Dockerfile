# The web site: pages and HTTP API. Build from the repository's root:
#   docker build -f infra/web.Dockerfile -t sgglab-web .
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
ARG VERSION=0.0.0-container
WORKDIR /source
COPY . .
RUN dotnet publish web/SggLab.Web -c Release --use-current-runtime --no-self-contained -o /app -nodeReuse:false -p:MinVerSkip=true -p:Version=${VERSION}

FROM ${RUNTIME_IMAGE}
# A user of its own; the data folder belongs to it, and so does a volume mounted there for the first time.
RUN (getent passwd app >/dev/null || useradd --uid 1654 --create-home app) && install -d -o app -g app -m 700 /data
COPY --from=build /app /app
COPY infra/healthy /usr/local/bin/healthy
USER app
WORKDIR /app
ENV ASPNETCORE_URLS=http://0.0.0.0:8080 SGGLAB_HOME=/data DOTNET_gcServer=0
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["healthy", "127.0.0.1", "8080"]
ENTRYPOINT ["dotnet", "SggLab.Web.dll"]
