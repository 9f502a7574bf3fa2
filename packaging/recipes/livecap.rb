# A formula for Homebrew, macOS and Linux. Written, not run: it was never built on a Mac.
#   brew install --HEAD ./packaging/recipes/livecap.rb
class Livecap < Formula
  desc "Live captions of speech in many browsers"
  homepage "https://example.org/livecap" # where the repository is published
  license any_of: ["MIT", "Apache-2.0"]
  # There is no release yet, and so no archive with a checksum.
  head "https://example.org/livecap.git", branch: "main"

  depends_on "cmake" => :build
  depends_on "node" => :build
  depends_on "pkgconf" => :build
  depends_on "rust" => :build

  on_linux do
    depends_on "alsa-lib"
  end

  def install
    cd "web" do
      system "npm", "ci", "--ignore-scripts"
      system "npm", "run", "--silent", "build"
    end
    features = OS.mac? && Hardware::CPU.arm? ? ["--features", "metal"] : []
    system "cargo", "install", *features, *std_cargo_args
    generate_completions_from_executable(bin/"livecap", "completions")
    pkgshare.install "pipelines/demo.toml", "pipelines/demo.flac", "pipelines/demo.json", "pipelines/live.toml"
    pkgshare.install "packaging/monitoring"
  end

  service do
    run [opt_bin/"livecap", "run", "--quiet", etc/"livecap/live.toml"]
    keep_alive successful_exit: false
    log_path var/"log/livecap.log"
    error_log_path var/"log/livecap.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/livecap --version")
    system bin/"livecap", "transcribe", pkgshare/"demo.flac", "--model", "demo", "--format", "txt"
  end
end
