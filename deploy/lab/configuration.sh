# shellcheck shell=bash
# The configuration files of the lab. Sourced by lab.sh; needs STATE, LAB_USER and the ports.

write_sshd_conf() { # <name> <port> <host key>
  cat > "$STATE/etc/$1.conf" <<END
Port $2
ListenAddress $LISTEN
HostKey $STATE/keys/$3
PidFile $STATE/run/$1.pid
AuthorizedKeysFile $STATE/etc/authorized_keys
AllowUsers $LAB_USER
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxSessions 10
MaxStartups 100:30:200
SetEnv SLURM_CONF=$STATE/etc/slurm.conf
Subsystem sftp internal-sftp
END
}

write_slurmdbd_conf() { # <password>; slurmdbd refuses to start when others can read its file
  (umask 077 && cat > "$STATE/etc/slurmdbd.conf" <<END
AuthType=auth/munge
AuthInfo=socket=$STATE/run/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$DBD_PORT
SlurmUser=root
PidFile=$STATE/run/slurmdbd.pid
LogFile=$STATE/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$SQL_PORT
StorageUser=slurm
StoragePass=$1
StorageLoc=slurm
END
  )
}

# For the link to slurmdbd, Slurm reads the socket of munge from AccountingStoragePass, not from AuthInfo.
# Tuned for many short jobs: start at once, look through the whole queue, keep no step accounting.
write_slurm_conf() { # accounting | jobcomp
  local host accounting memory
  host=$(uname -n)
  if [ "$1" = accounting ]; then
    accounting="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$DBD_PORT
AccountingStoragePass=$STATE/run/munge.socket
AccountingStoreFlags=job_comment
JobCompType=jobcomp/none"
  else
    accounting="JobCompType=jobcomp/filetxt
JobCompLoc=$STATE/log/jobcomp"
  fi
  # Watching every job's memory costs processor time; a lab where nobody looks shares cores only.
  if [ "${PEIERLS_LAB_MEMORY:-shared}" = enforced ]; then
    memory="SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=1000
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill"
  else
    memory="SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none"
  fi
  cat > "$STATE/etc/slurm.conf" <<END
ClusterName=peierls-lab
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$CTLD_PORT
SlurmdPort=$SLURMD_PORT
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$STATE/run/munge.socket
StateSaveLocation=$STATE/spool/ctld
SlurmdSpoolDir=$STATE/spool/d
SlurmctldPidFile=$STATE/run/slurmctld.pid
SlurmdPidFile=$STATE/run/slurmd.pid
SlurmctldLogFile=$STATE/log/slurmctld.log
SlurmdLogFile=$STATE/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
ReturnToService=2
KillWait=5
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=5,sched_min_interval=0,default_queue_depth=1000,bf_interval=5,bf_max_job_test=1000,bf_continue
$memory
$accounting
NodeName=$host NodeAddr=127.0.0.1 CPUs=$CPUS Boards=1 SocketsPerBoard=$CPUS CoresPerSocket=1 ThreadsPerCore=1 RealMemory=4000
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
${PEIERLS_LAB_SLURM_LINES:-}
END
}

# The same login host twice: directly, and through the jump host.
write_computers() {
  local name jump
  # One process without MPI's daemons: their start would take as long as a point.
  local alone='OMPI_MCA_ess_singleton_isolated=1, OMPI_MCA_orte_create_session_dirs=0, OMPI_MCA_pml=ob1, OMPI_MCA_btl=self'
  {
    echo 'computers:'
    for name in lab lab-jump; do
      jump=''
      [ "$name" = lab ] || jump="
      jump: $LAB_USER@127.0.0.1:$JUMP_PORT"
      cat <<END
  $name:
    transport:
      kind: ssh
      host: 127.0.0.1
      port: $SSH_PORT
      user: $LAB_USER
      identityFiles: [$STATE/keys/id_ed25519]
      agent: false
      configFile: none
      knownHosts: $STATE/known_hosts$jump
    scheduler: { kind: slurm, partition: debug, pollSeconds: 1, maxPollSeconds: 5, wallTimeSeconds: 3600 }
    workDir: $STATE/work/$name
    codes:
      lammps: { command: [env, OMP_NUM_THREADS=1, $alone, $(command -v lmp || echo lmp)] }
      quantum-espresso: { command: [env, OMP_NUM_THREADS=1, $alone, $(command -v pw.x || echo pw.x)] }
END
    done
  } > "$STATE/computers.yaml"
}
