# The command line, and with it the worker (`sgglab worker run`) and the migration (`sgglab db migrate`). From the repository's root:
#   docker build -f infra/worker.Dockerfile -t sgglab-worker .
#   docker build -f infra/worker.Dockerfile -t sgglab-worker:cuda --build-arg CUDA=true .
# The CUDA build carries its own CUDA libraries: the host needs the driver and the NVIDIA container toolkit only.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
ARG VERSION=0.0.0-container
ARG CUDA=false
WORKDIR /source
COPY . .
RUN dotnet publish src/SggLab.Cli -c Release --use-current-runtime --no-self-contained -o /app -nodeReuse:false -p:MinVerSkip=true -p:Version=${VERSION} -p:Cuda=${CUDA}

FROM ${RUNTIME_IMAGE}
# libgomp: libtorch's threads.
RUN if ! ldconfig -p | grep -q libgomp.so.1; then apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*; fi \
    && (getent passwd app >/dev/null || useradd --uid 1654 --create-home app) && install -d -o app -g app -m 700 /data /state /worker
COPY --from=build /app /app
COPY infra/healthy /usr/local/bin/healthy
USER app
WORKDIR /state
ENV SGGLAB_HOME=/data DOTNET_gcServer=0
VOLUME /data /state
ENTRYPOINT ["dotnet", "/app/sgglab.dll"]
CMD ["worker", "run", "--server", "http://web:8080", "--token-file", "/data/worker-token", "--state", "/state"]
